# The floor: the least that a forking server can do and still say the same lines. It understands nothing.
use strict;
use warnings;
use Socket;

$SIG{CHLD} = sub { 1 while waitpid(-1, 1) > 0 }; # so that the children's time is on its account
socket my $server, PF_INET, SOCK_STREAM, 0 or die $!;
setsockopt $server, SOL_SOCKET, SO_REUSEADDR, 1 or die $!;
bind $server, sockaddr_in($ARGV[0], INADDR_ANY) or die $!;
listen $server, 20 or die $!;
for (;;) {
    accept my $client, $server or next;
    next if fork;
    syswrite $client, "Eliza:\tHow do you do?\nyou:\t";
    while (sysread $client, my $line, 4096) {
        last if $line =~ /\bbye\b/;
        syswrite $client, "Eliza:\tPlease go on.\nyou:\t";
    }
    syswrite $client, "Eliza:\tGoodbye.\n";
    exit;
}
