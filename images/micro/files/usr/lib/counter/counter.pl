# Counts ten times a second, writes each count to the disk before it calls it persisted, and answers on TCP and
# UDP port 7000. One process and no forks: what happens to it is what happened to the guest.
#
#   /var/lib/counter/count   a ring of 8-byte little-endian counts; count n lies in slot n % SLOTS, so the file
#                            never grows and the last SLOTS counts can be checked for gaps
#   /var/lib/counter/stone   random bytes, written on the first boot and never again
#
# Requests, a line on TCP or a datagram on UDP, each answered with one line of JSON:
#   check    reads both files from the disk and reports on them; `sha256` is the stone's
#   load N   from now on N bytes of memory are written anew each second, 0: none
#   fill N   N MiB of bytes that do not compress are written to the disk behind its file system, in the background
#   other    the count; `fillLeft` is in MiB
use strict;
use warnings;
use Fcntl qw(O_RDWR O_CREAT O_DSYNC O_NONBLOCK F_SETFL SEEK_SET);
use Socket;

use constant { PORT => 7000, SLOTS => 65536, TICK => 0.1, MOST_CLIENTS => 64, LONGEST_LINE => 1024, STONE_BYTES => 16384,
    PAGE => 4096, LOAD_PAGES => 8192, MEBIBYTE => 1048576, FILL_FROM => 512, DISK => '/dev/vda' };
my $folder = '/var/lib/counter';

$SIG{PIPE} = 'IGNORE';
my $boot_id = first_line('/proc/sys/kernel/random/boot_id');
open my $uptime_file, '<', '/proc/uptime' or die "uptime: $!";
my $started_at = time;
my $ring = open_ring();
my $count = last_count(read_ring());
my $persisted = $count;
my ($listener, $datagrams) = (tcp_socket(), udp_socket());
my %clients;    # file number => { socket, input }
my $next_tick = uptime() + TICK;
my ($load, $load_page, $memory) = (0, 0, '');
my ($fill_left, $fill_at, $noise) = (0, FILL_FROM, '');

while (1) {
    my $wait = $next_tick - uptime();
    if ($wait <= 0) { tick(); next }
    if ($fill_left > 0) { fill_some(); $wait = 0 }
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $listener, $datagrams, map { $_->{socket} } values %clients;
    next if select($ready, undef, undef, $wait) < 1;
    accept_client() if vec $ready, fileno $listener, 1;
    answer_datagram() if vec $ready, fileno $datagrams, 1;
    for my $number (keys %clients) { answer_client($number) if vec $ready, $number, 1 }
}

sub tick {
    write_memory();
    $count++;
    sysseek $ring, 8 * ($count % SLOTS), SEEK_SET or die "seek: $!";
    my $written = syswrite $ring, pack 'Q<', $count;
    $persisted = $count if defined $written && $written == 8;
    # After a pause the count goes on from where it was: it counts ticks that were lived, not the time.
    $next_tick += TICK;
    $next_tick = uptime() + TICK if $next_tick < uptime() - 1;
}

# Another eight bytes in as many pages as a tick's share of the load, round and round.
sub write_memory {
    for (1 .. $load * TICK / PAGE) {
        substr $memory, $load_page * PAGE, 8, pack 'Q<', $count;
        $load_page = ($load_page + 1) % LOAD_PAGES;
    }
}

sub set_load {
    $load = $_[0];
    # Only when it is asked for: Perl would make a string of constants at once, and every copy of the guest would carry it.
    my $bytes = $load > 0 ? LOAD_PAGES * PAGE : 0;
    $memory = "\1" x $bytes if $bytes != length $memory;
}

sub fill_some {
    if ($noise eq '') {
        open my $random, '<:raw', '/dev/urandom' or die "urandom: $!";
        read $random, $noise, MEBIBYTE;
    }
    sysopen my $disk, DISK, O_RDWR | O_DSYNC or die DISK . ": $!";
    sysseek $disk, $fill_at * MEBIBYTE, SEEK_SET or die "seek: $!";
    my $written = syswrite $disk, $noise;
    if (!defined $written || $written < MEBIBYTE) { $fill_left = 0; return }    # the disk is full
    ($fill_at, $fill_left) = ($fill_at + 1, $fill_left - 1);
    if ($fill_left == 0) { $noise = ''; drop_caches() }
}

sub open_ring {
    make_folder();
    make_stone() unless -e "$folder/stone";
    # A write that returned is on the disk, as with an fdatasync after it. The file's dates need not be, which
    # spares the file system's journal a commit for each count.
    sysopen my $file, "$folder/count", O_RDWR | O_CREAT | O_DSYNC, 0644 or die "count: $!";
    if (-s $file != 8 * SLOTS) { syswrite $file, "\0" x (8 * SLOTS) }
    return $file;
}

sub make_folder { -d $_ or mkdir $_ or die "$_: $!" for '/var/lib', $folder }

# Under another name first: a stone is whole or not there.
sub make_stone {
    open my $random, '<:raw', '/dev/urandom' or die "urandom: $!";
    sysread $random, my $bytes, STONE_BYTES;
    sysopen my $file, "$folder/stone.new", O_RDWR | O_CREAT | O_DSYNC, 0644 or die "stone: $!";
    syswrite $file, $bytes;
    rename "$folder/stone.new", "$folder/stone" or die "stone: $!";
}

sub read_ring {
    my $bytes = slurp("$folder/count");
    return unpack 'Q<*', $bytes;
}

sub last_count {
    my $last = 0;
    for (@_) { $last = $_ if $_ > $last }
    return $last;
}

sub check {
    drop_caches();
    my @slots = read_ring();
    my $last = last_count(@slots);
    my $records = $last < SLOTS ? $last : SLOTS;
    my $unbroken = 1;
    for my $n ($last - $records + 1 .. $last) { $unbroken = 0 if $slots[$n % SLOTS] != $n }
    my $stone = sha256(slurp("$folder/stone"));
    return sprintf '{"bootId":"%s","records":%d,"last":%d,"unbroken":%s,"sha256":"%s"}' . "\n",
        $boot_id, $records, $last, $unbroken ? 'true' : 'false', $stone;
}

# What is read next comes from the disk and not from memory.
sub drop_caches {
    open my $file, '>', '/proc/sys/vm/drop_caches' or die "drop_caches: $!";
    print $file "1\n";
    close $file;
}

# SHA-256 (FIPS 180-4), since perl-base brings none and a program of its own would be a fork. The constants are
# the first 32 bits of the fractional parts of the roots of the first primes.
my (@prime_roots, @start);

sub sha256_constants {
    for (my $n = 2; @prime_roots < 64; $n++) {
        next if grep { $n % $_ == 0 } 2 .. sqrt $n;
        push @prime_roots, fraction($n**(1 / 3));
        push @start, fraction(sqrt $n) if @start < 8;
    }
}

sub fraction { return int(($_[0] - int $_[0]) * 2**32) }

sub rotate { return (($_[0] >> $_[1]) | ($_[0] << (32 - $_[1]))) & 0xffffffff }

sub sha256 {
    my ($text) = @_;
    sha256_constants() unless @start;
    my $padding = "\x80" . "\0" x ((55 - length $text) % 64);
    my @state = @start;
    @state = sha256_block($_, @state) for unpack '(a64)*', $text . $padding . pack 'Q>', 8 * length $text;
    return unpack 'H*', pack 'N8', @state;
}

sub sha256_block {
    my ($block, @state) = @_;
    my @w = unpack 'N16', $block;
    for my $i (16 .. 63) {
        my ($early, $late) = @w[$i - 15, $i - 2];
        my $s0 = rotate($early, 7) ^ rotate($early, 18) ^ ($early >> 3);
        my $s1 = rotate($late, 17) ^ rotate($late, 19) ^ ($late >> 10);
        $w[$i] = ($w[$i - 16] + $s0 + $w[$i - 7] + $s1) & 0xffffffff;
    }
    my ($a, $b, $c, $d, $e, $f, $g, $h) = @state;
    for my $i (0 .. 63) {
        my $choice = ($e & $f) ^ (~$e & $g);
        my $t1 = $h + (rotate($e, 6) ^ rotate($e, 11) ^ rotate($e, 25)) + $choice + $prime_roots[$i] + $w[$i];
        my $majority = ($a & $b) ^ ($a & $c) ^ ($b & $c);
        my $t2 = (rotate($a, 2) ^ rotate($a, 13) ^ rotate($a, 22)) + $majority;
        ($h, $g, $f, $e, $d, $c, $b, $a) = ($g, $f, $e, ($d + $t1) & 0xffffffff, $c, $b, $a, ($t1 + $t2) & 0xffffffff);
    }
    my @worked = ($a, $b, $c, $d, $e, $f, $g, $h);
    return map { ($state[$_] + $worked[$_]) & 0xffffffff } 0 .. 7;
}

sub status {
    return sprintf '{"bootId":"%s","count":%d,"persisted":%d,"uptimeMs":%d,"startedAt":%d,"load":%d,"fillLeft":%d}' . "\n",
        $boot_id, $count, $persisted, uptime() * 1000, $started_at * 1000, $load, $fill_left;
}

sub answer_to {
    my ($request) = @_;
    return check() if $request =~ /^\s*check\s*$/;
    set_load($1) if $request =~ /^\s*load (\d{1,10})\s*$/;
    $fill_left = $1 if $request =~ /^\s*fill (\d{1,5})\s*$/;
    return status();
}

sub accept_client {
    accept my $socket, $listener or return;
    if (keys %clients >= MOST_CLIENTS) { close $socket; return }
    fcntl $socket, F_SETFL, O_NONBLOCK;
    setsockopt $socket, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1;
    $clients{ fileno $socket } = { socket => $socket, input => '' };
}

sub answer_client {
    my ($number) = @_;
    my $client = $clients{$number};
    my $got = sysread $client->{socket}, $client->{input}, 4096, length $client->{input};
    return drop($number) unless $got;
    while ($client->{input} =~ s/^([^\n]*)\n//) {
        my $answer = answer_to($1);
        # A client that does not read its answers is let go; it must not stop the count.
        my $sent = syswrite $client->{socket}, $answer;
        return drop($number) unless defined $sent && $sent == length $answer;
    }
    drop($number) if length $client->{input} > LONGEST_LINE;
}

sub drop {
    my ($number) = @_;
    my $client = delete $clients{$number};
    close $client->{socket};
}

sub answer_datagram {
    my $from = recv $datagrams, my $request, LONGEST_LINE, 0;
    send $datagrams, answer_to($request), 0, $from if defined $from && length $from;
}

sub tcp_socket {
    socket my $socket, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
    setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1;
    bind $socket, pack_sockaddr_in(PORT, INADDR_ANY) or die "bind: $!";
    listen $socket, 16 or die "listen: $!";
    return $socket;
}

sub udp_socket {
    socket my $socket, PF_INET, SOCK_DGRAM, 0 or die "socket: $!";
    bind $socket, pack_sockaddr_in(PORT, INADDR_ANY) or die "bind: $!";
    return $socket;
}

# Seconds since boot; the kernel's clock, which no change of the date moves.
sub uptime {
    sysseek $uptime_file, 0, SEEK_SET;
    sysread $uptime_file, my $text, 64;
    return (split ' ', $text)[0];
}

sub first_line {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!";
    chomp(my $line = <$file>);
    return $line;
}

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}
