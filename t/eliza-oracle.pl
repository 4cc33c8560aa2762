# Chatbot::Eliza answering for t/30-eliza-perl.t.ts. Argument: likelihood of using memory. Input: `new` and a script file
# ('' for the module's own) for another bot, or one utterance a line in hexadecimal. Output: reply and debug text.
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

my ($likelihood) = @ARGV;
my ($bots, $random) = (0);
$SIG{__WARN__} = sub { };

# The module goes round for ever where a script sends it. It calls one of these two subs each time round; after 2,000
# calls for one line, or a minute, it is called off, and what is said to this bot from then on is not answered.
my $rounds = 0;
$SIG{ALRM} = sub { die "goes round\n" };
for my $sub (qw(_get_next_reasmb preprocess)) {
  no strict 'refs';
  no warnings 'redefine';
  my $original = \&{"Chatbot::Eliza::$sub"};
  *{"Chatbot::Eliza::$sub"} = sub { die "goes round\n" if ++$rounds > 2000; goto &$original };
}

sub bot {
  my ($script) = @_;
  my %tied = map { tie my %hash, 'Ordered'; ($_ => \%hash) } qw(keyranks decomplist pre post synon);
  return Chatbot::Eliza->new({
    %tied,
    scriptfile                 => $script,
    likelihood_of_using_memory => $likelihood,
    myrand                     => sub { ($random = ($random * 69069 + 1) % 2**24) / 2**24 * $_[0] },
  });
}

my $bot;
while (my $line = <STDIN>) {
  chomp $line;
  if ($line =~ /^new (.*)/) { $random = ++$bots; $bot = bot($1); next }
  $rounds = 0;
  alarm 60;
  my $reply = eval { $bot->transform(pack 'H*', $line) };
  alarm 0;
  my $lost = !$bot || $@ eq "goes round\n";
  $reply = $lost ? 'goes round' : 'dies' if $@;
  print join("\t", map { unpack 'H*', $_ } $reply, $lost ? '' : $bot->debug_text), "\n";
  undef $bot if $lost;
}
