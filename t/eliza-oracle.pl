# Chatbot::Eliza answering for t/30-eliza-perl.t.ts. Arguments: script file ('' for the module's own), likelihood of
# using memory. Input: one utterance a line in hexadecimal, or `new` for another bot. Output: reply and debug text.
use strict;
use warnings;

# Erratum 29: the module gives sprintf the user's own words for a format. With that mended, as it is in ours, lines
# with a `%` can be compared too.
BEGIN { *CORE::GLOBAL::sprintf = sub { @_ > 1 ? CORE::sprintf($_[0], @_[1 .. $#_]) : $_[0] } }

use Chatbot::Eliza;

# A hash that is walked in the order in which its keys came, as ours is; Perl's own order is another at each start.
package Ordered {
  sub TIEHASH  { bless { value => {}, keys => [] } }
  sub FETCH    { $_[0]{value}{$_[1]} }
  sub EXISTS   { exists $_[0]{value}{$_[1]} }
  sub STORE    { my ($o, $k, $v) = @_; push @{ $o->{keys} }, $k unless exists $o->{value}{$k}; $o->{value}{$k} = $v }
  sub FIRSTKEY { $_[0]{at} = 0; $_[0]{keys}[0] }
  sub NEXTKEY  { $_[0]{keys}[ ++$_[0]{at} ] }
}

my ($script, $likelihood) = @ARGV;
my $random = 1;
$SIG{__WARN__} = sub { };

sub bot {
  my %tied = map { tie my %hash, 'Ordered'; ($_ => \%hash) } qw(keyranks decomplist pre post synon);
  return Chatbot::Eliza->new({
    %tied,
    scriptfile                 => $script,
    likelihood_of_using_memory => $likelihood,
    myrand                     => sub { ($random = ($random * 69069 + 1) % 2**24) / 2**24 * $_[0] },
  });
}

my $bot = bot();
while (my $line = <STDIN>) {
  chomp $line;
  if ($line eq 'new') { $bot = bot(); next }
  my $reply = eval { $bot->transform(pack 'H*', $line) };
  print join("\t", unpack('H*', $reply // "died: $@"), unpack 'H*', $bot->debug_text), "\n";
}
