"""What the tests of the filter do inside a namespace.

sniff DEVICE        prints the marks (#like this#) of frames that come in, once the mark "end" is among them
send DEVICE         sends the frames given as hex in a JSON list on standard input
join GROUP DEVICE   stays a member of an IPv6 group
datagram ADDRESS PORT HEX   one UDP datagram, which nobody needs to answer
spray ADDRESS PORT FIRST COUNT   the same, from so many ports of its own
serve PORT...       answers each line or datagram on these ports with the address that it came from
ask ADDRESS PORT    one question over TCP; ask-udp: over UDP; prints the answer, or "none"
talk ADDRESS PORT   one TCP connection: each line of standard input is sent, each answer printed, "none" when it has broken
"""
import json
import re
import socket
import socketserver
import struct
import sys
import threading

COMMAND, ARGUMENTS = sys.argv[1], sys.argv[2:]
SECONDS = 2


def packet_socket(device):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.bind((device, 0))
    return raw


def sniff(device):
    raw = packet_socket(device)
    raw.settimeout(20)
    print("ready", flush=True)
    seen = set()
    while "end" not in seen:
        data, origin = raw.recvfrom(65535)
        if origin[2] != socket.PACKET_OUTGOING:
            seen.update(mark.decode() for mark in re.findall(rb"#([a-zA-Z0-9 .:/-]+)#", data))
    print(json.dumps(sorted(seen - {"end"})), flush=True)


def send(device):
    raw = packet_socket(device)
    for frame in json.load(sys.stdin):
        raw.send(bytes.fromhex(frame))


def join(group, device):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
        member = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", socket.if_nametoindex(device))
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
        print("ready", flush=True)
        sys.stdin.read()


def datagram(address, port, payload):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(bytes.fromhex(payload), (address, int(port)))


def spray(address, port, first, count):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for own_port in range(int(first), int(first) + int(count)):
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind(("", own_port))
            one.sendto(b"?", (address, int(port)))


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            self.wfile.write(f"{self.client_address[0]}\n".encode())


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        from_there = [(level, kind, data[:16] + bytes(4)) for level, kind, data in self.request]
        self.server.socket.sendmsg(
            [f"{self.client_address[0]}\n".encode()], from_there, 0, self.client_address
        )


class UdpServer(socketserver.ThreadingUDPServer):
    """Answers from the address that it was asked at, as name servers do."""

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        super().server_bind()

    def get_request(self):
        _, asked_at, _, client = self.socket.recvmsg(1000, 1000)
        return asked_at, client

    def shutdown_request(self, request):
        pass


def serve(*ports):
    socketserver.TCPServer.allow_reuse_address = True
    kinds = [(socketserver.ThreadingTCPServer, Tcp), (UdpServer, Udp)]
    for port in ports:
        for server, handler in kinds:
            server.address_family = socket.AF_INET6  # IPv4 too
            one = server(("::", int(port)), handler)
            threading.Thread(target=one.serve_forever).start()
    print("ready", flush=True)


def shown(answer):
    return answer.strip().removeprefix("::ffff:") or "none"


def ask(address, port):
    try:
        with socket.create_connection((address, int(port)), SECONDS) as one:
            one.sendall(b"?\n")
            print(shown(one.makefile().readline()))
    except OSError:
        print("none")


def ask_udp(address, port, own_port="0"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(SECONDS)
        one.bind(("", int(own_port)))
        try:
            one.connect((address, int(port)))
            one.send(b"?")
            print(shown(one.recv(100).decode()))
        except OSError:
            print("none")


def talk(address, port):
    with socket.create_connection((address, int(port)), SECONDS) as one:
        one.settimeout(20)
        answers = one.makefile()
        print("ready", flush=True)
        for line in sys.stdin:
            try:
                one.sendall(line.encode())
                print(shown(answers.readline()), flush=True)
            except OSError:
                return print("none", flush=True)


{"sniff": sniff, "send": send, "datagram": datagram, "spray": spray, "join": join, "serve": serve, "ask": ask, "ask-udp": ask_udp, "talk": talk}[COMMAND](*ARGUMENTS)
