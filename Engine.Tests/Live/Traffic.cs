using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>What the tenants of a <see cref="LiveRig"/> say to each other.</summary>
internal static partial class Traffic
{
    private const string Receive =
        "import hashlib,socket,sys;s=socket.create_server((sys.argv[1],5001),family=socket.AF_INET6 if ':' in "
        + "sys.argv[1] else socket.AF_INET);s.settimeout(20);print('ready',flush=True);c,_=s.accept();"
        + "c.settimeout(20);h=hashlib.sha256()\nwhile True:\n b=c.recv(1<<20)\n if not b: break\n h.update(b)\n"
        + "c.sendall(h.digest())";

    private const string Send =
        "import hashlib,random,socket,sys;c=socket.create_connection((sys.argv[1],5001),20);"
        + "b=random.Random(1).randbytes(1<<20);h=hashlib.sha256()\nfor i in range(int(sys.argv[2])):\n"
        + " c.sendall(b);h.update(b)\nc.shutdown(socket.SHUT_WR)\nsys.exit(c.recv(32,socket.MSG_WAITALL)!=h.digest())";

    // Each segment begins with the burst's number and its own, and goes on with bytes that follow from them. The
    // receiver answers when it has a burst; a burst that is not answered is sent again.
    private const string Segments =
        "import socket,struct,sys\nv6=':' in sys.argv[1];f=socket.AF_INET6 if v6 else socket.AF_INET\n"
        + "def seg(b,i,n=1200): return (struct.pack('!HH',b,i)*300)[:n]\n";

    private const string SendSuper = Segments
        + "c=socket.socket(f,socket.SOCK_DGRAM);c.settimeout(1);c.setsockopt(17,103,1200)\n"
        + "c.connect((sys.argv[1],5002))\n"
        + "for b in range(50):\n for again in range(20):\n"
        + "  c.send(b''.join(seg(b,i) for i in range(39))+seg(b,39,700))\n"
        + "  try:\n   while struct.unpack('!H',c.recv(2))[0]!=b: pass\n   break\n  except TimeoutError: pass\n"
        + " else: sys.exit('burst %d is not answered'%b)";

    private const string ReceiveSuper = Segments
        + "s=socket.socket(f,socket.SOCK_DGRAM);s.settimeout(30);s.setsockopt(17,104,1);s.bind((sys.argv[1],5002))\n"
        + "print('ready',flush=True);whole=0\nfor b in range(50):\n got=set()\n while len(got)<40:\n"
        + "  m,c,_,peer=s.recvmsg(65536,64)\n"
        + "  size=next((struct.unpack('i',d)[0] for l,t,d in c if (l,t)==(17,104)),len(m));whole+=size<len(m)\n"
        + "  for at in range(0,len(m),size):\n   p=m[at:at+size];n,i=struct.unpack('!HH',p[:4])\n"
        + "   assert p==seg(n,i,700 if i==39 else 1200),(n,i,len(p))\n"
        + "   if n==b: got.add(i)\n   elif n<b: s.sendto(struct.pack('!H',n),peer)\n"
        + " s.sendto(struct.pack('!H',b),peer)\nprint(whole,flush=True)";

    private const string TellFromManyPorts =
        "import socket,sys\nfor i in range(64):\n c=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);c.settimeout(5)\n"
        + " c.connect((sys.argv[1],53));c.send(b'%d'%i)";

    private const string AskFromManyPorts = TellFromManyPorts + ";assert c.recv(100)==b'%d'%i";

    /// <summary>Pings once or more often, and fails unless every packet is answered.</summary>
    public static void Ping(string from, string to, int size = 56, int count = 1, string options = "")
    {
        (int code, string output) = Shell.Try(
            [.. $"ip netns exec {from} ping -n -W 3 -i 0.05 -c {count} -s {size} {options} {to}"
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(code == 0 && Lost(output) == 0, output);
    }

    /// <summary>Pings until an answer comes, and fails when none does in 20 seconds.</summary>
    public static void PingUntilAnswered(string from, string to)
    {
        var clock = Stopwatch.StartNew();
        while (Shell.Try("ip", "netns", "exec", from, "ping", "-n", "-c", "1", "-W", "1", to).Code != 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{to} does not answer.");
        }
    }

    /// <summary>Sends megabytes over TCP, and fails unless the same bytes arrive.</summary>
    public static void Transfer(string from, string to, string address, int megabytes)
    {
        using Process receiver = Shell.Start(Python(to, "-c", Receive, address));
        Assert.Equal("ready", receiver.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(
            Python(from, "-c", Send, address, megabytes.ToString(CultureInfo.InvariantCulture)));
        receiver.Kill();
        Assert.True(code == 0, output);
    }

    /// <summary>Sends datagrams of many sizes and has each answered.</summary>
    public static void Datagrams(string from, string to, string address)
    {
        string traffic = RepositoryFiles.PathOf("pcaps/traffic");
        using Process server = Shell.Start(Python(to, traffic, "udp-echo", address));
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(Python(from, traffic, "udp-sweep", address));
        server.Kill();
        Assert.True(code == 0, output);
    }

    /// <summary>
    /// Sends super-frames of UDP (UDP_SEGMENT), 40 segments each, to a socket that takes such (UDP_GRO), and fails
    /// unless each segment arrives as it was.
    /// </summary>
    /// <returns>How many of the receiver's messages were more than one segment.</returns>
    public static int SuperDatagrams(string from, string to, string address)
    {
        using Process receiver = Shell.Start(Python(to, "-c", ReceiveSuper, address));
        Assert.Equal("ready", receiver.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(Python(from, "-c", SendSuper, address));
        string told = receiver.HasExited || code == 0 ? receiver.StandardOutput.ReadToEnd() : string.Empty;
        receiver.Kill();
        Assert.True(code == 0, output);
        return int.Parse(told, CultureInfo.InvariantCulture);
    }

    /// <summary>Sends a datagram from each of 64 ports and has it answered: as many flows.</summary>
    public static void ManyFlows(string from, string to, string address)
    {
        string traffic = RepositoryFiles.PathOf("pcaps/traffic");
        using Process server = Shell.Start(Python(to, traffic, "udp-echo", address));
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(Python(from, "-c", AskFromManyPorts, address));
        server.Kill();
        Assert.True(code == 0, output);
    }

    /// <summary>Sends a datagram from each of 64 ports: as many flows. Nobody needs to be there.</summary>
    public static void TellManyFlows(string from, string address)
    {
        (int code, string output) = Shell.Try(Python(from, "-c", TellFromManyPorts, address));
        Assert.True(code == 0, output);
    }

    /// <summary>Packets without an answer, of what ping printed.</summary>
    public static int Lost(string output)
    {
        Match match = Counts().Match(output);
        Assert.True(match.Success, output);
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            - int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
    }

    // Without the packages that others have installed, which take longer to look for than most of this takes.
    private static string[] Python(string name, params string[] words) =>
        ["ip", "netns", "exec", name, Shell.Python, "-I", "-S", .. words];

    [GeneratedRegex("([0-9]+) packets transmitted, ([0-9]+) received")]
    private static partial Regex Counts();
}
