/** Step 0: an echo server. It serves one client at a time. @module */
import '../../perl/perlrun.ts';
import { IO_Socket_INET } from '../../perl/IO/Socket.ts';
import { $, ARGV, die } from '../../perl/perl.ts';

const PORT = 1002;

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);

for (let connection; (connection = await listen_socket.accept());) {
  for (let line; (line = connection.getline()) !== undefined;) connection.print(line);
  connection.close();
}
