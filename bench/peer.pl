# The Perl that ours is measured against: a daemon that forks a child for each client and lets it talk to
# Chatbot::Eliza, in the chroot and without root's rights where root started it. TERM ends it, HUP executes it again.
use strict;
use warnings;
use Chatbot::Eliza;
use IO::Handle;
use IO::Socket::INET;
use POSIX ();

my @arguments = @ARGV;
my ($port, $pidfile, $home, $script, $logfile) = @arguments;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 20, ReuseAddr => 1) or die "port $port: $@\n";
open my $log, '>>', $logfile or die "$logfile: $!\n";

exit 0 if fork // die "fork: $!\n";
POSIX::setsid();
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>&', \*STDOUT;
open my $file, '>', $pidfile or die "$pidfile: $!\n";
print $file $$;
close $file;

my %alive;
my $held = POSIX::SigSet->new(POSIX::SIGTERM, POSIX::SIGHUP, POSIX::SIGCHLD);
my $next = '';
$SIG{TERM} = sub { $next ||= 'end' };
$SIG{HUP} = sub { $next ||= 'again' };
$SIG{CHLD} = sub {
    while ((my $child = waitpid -1, POSIX::WNOHANG) > 0) { delete $alive{$child} }
};

sub note {
    syswrite $log, POSIX::strftime('%b %e %H:%M:%S', localtime) . " peer[$$]: @_\n";
}

sub converse {
    my $client = shift;
    $SIG{$_} = 'DEFAULT' for qw(TERM HUP CHLD);
    POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $held);
    close $server;
    if ($> == 0) {
        chroot $home and chdir '/' or die "$home: $!\n";
        ($(, $)) = (65534, '65534 65534');
        ($<, $>) = (65534, 65534);
        $script = '/doctor.txt';
    }
    note('Accepting a connection from', my $host = $client->peerhost);
    STDIN->fdopen($client, 'r');
    STDOUT->fdopen($client, 'w');
    STDOUT->autoflush;
    Chatbot::Eliza->new({ scriptfile => $script })->command_interface;
    note("Connection from $host finished");
    POSIX::_exit(0);
}

note("Server accepting connections on port $port");
until ($next) {
    my $client = $server->accept or next; # a signal cut it short
    POSIX::sigprocmask(POSIX::SIG_BLOCK, $held);
    my $child = fork;
    converse($client) if defined $child && $child == 0;
    $alive{$child} = 1 if $child;
    POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $held);
}
close $server;
kill TERM => keys %alive;
select undef, undef, undef, 0.01 while %alive;
unlink $pidfile;
exec $^X, $0, @arguments if $next eq 'again';
