# A client of a guest that travels, the same on a host and in another guest (perl-base has all it needs):
#
#   perl traveller.pl beat ADDRESS PORT      a datagram each 50 ms; the longest time without an answer
#   perl traveller.pl download ADDRESS PORT  all that /cgi-bin/numbers gives on one TCP connection
#   perl traveller.pl call ADDRESS PORT      a number each 200 ms on one TCP connection
#
# beat and call go on until their standard input ends, download until the server does. The last line is JSON; times are ms. Each
# 20th answer to a beat is told by a line of its own.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;

use constant { BEAT => 0.05, REQUEST => "GET /cgi-bin/numbers HTTP/1.0\r\n\r\n" };
my ($mode, $address, $port) = @ARGV;

my %modes = (beat => \&beat, download => \&download, call => \&call);
$modes{$mode}->();

# The kernel's clock, to 10 ms; no change of the date moves it.
sub uptime {
    open my $file, '<', '/proc/uptime' or die "uptime: $!";
    return (split ' ', <$file>)[0];
}

sub beat {
    my $socket = IO::Socket::INET->new(Proto => 'udp', PeerAddr => $address, PeerPort => $port) or die "socket: $!";
    my ($sent, $received, $gap, $last, $next) = (0, 0, 0, uptime(), uptime());
    while (1) {
        my $now = uptime();
        if ($now >= $next) {
            # A refusal is a message of the network like any other: only answers count.
            $sent++ if defined $socket->send('count');
            $next = $now + BEAT;
        }
        my $ready = '';
        vec($ready, $_, 1) = 1 for fileno $socket, fileno STDIN;
        select $ready, undef, undef, $next - $now > 0 ? $next - $now : 0;
        last if vec($ready, fileno STDIN, 1) && !sysread STDIN, my $ignored, 4096;
        next unless vec($ready, fileno $socket, 1) && defined $socket->recv(my $answer, 4096);
        my $heard = uptime();
        $gap = $heard - $last if $received && $heard - $last > $gap;
        ($last, $received) = ($heard, $received + 1);
        print "$received\n" unless $received % 20;
    }
    my $silence = uptime() - $last;
    $gap = $silence if $silence > $gap;
    printf qq({"sent":%d,"received":%d,"gapMs":%d}\n), $sent, $received, $gap * 1000;
}

sub download {
    my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port) or die "connect: $!";
    print $socket REQUEST;
    while (defined(my $line = <$socket>)) { last if $line eq "\r\n" }
    open my $sum, '|-', 'sha256sum' or die "sha256sum: $!";
    my $last = 0;
    while (defined(my $line = <$socket>)) {
        print $sum $line;
        $last = $line;
    }
    close $sum;
    printf qq({"last":%d}\n), $last;
}

sub call {
    my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port) or die "connect: $!";
    for (my $number = 1;; $number++) {
        $socket->send("$number\n") or die "send: $!";
        my $ready = '';
        vec($ready, fileno STDIN, 1) = 1;
        last if select($ready, undef, undef, 0.2) && !sysread STDIN, my $ignored, 4096;
    }
}
