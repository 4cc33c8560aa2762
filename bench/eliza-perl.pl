# Chatbot::Eliza's side of bench/eliza.ts: the utterances on standard input, one a line in hexadecimal. Prints
# transforms a second and constructions a second.
use strict;
use warnings;
use Chatbot::Eliza;
use Time::HiRes 'time';

$SIG{__WARN__} = sub { };
my @lines = map { chomp; pack 'H*', $_ } <STDIN>;
my $doctor = Chatbot::Eliza->new;
my $start = time;
$doctor->transform($_) for @lines;
printf "%f\n", @lines / (time - $start);

$start = time;
Chatbot::Eliza->new for 1 .. 50;
printf "%f\n", 50 / (time - $start);
