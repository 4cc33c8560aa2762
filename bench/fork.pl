# What a fork costs a Perl of a given size: perl fork.pl MB ... prints the median of fork, exit and wait in microseconds.
use strict;
use warnings;
use POSIX ();
use Time::HiRes 'time';

my @ballast;
for my $size (@ARGV) {
    push @ballast, 'x' x (1 << 20) while @ballast < $size;
    my @times = map {
        my $begin = time;
        my $child = fork;
        POSIX::_exit(0) if !$child;
        waitpid $child, 0;
        1e6 * (time - $begin);
    } 1 .. 50;
    printf "%.0f\n", (sort { $a <=> $b } @times)[25];
}
