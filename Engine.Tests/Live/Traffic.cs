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

    private const string AskFromManyPorts =
        "import socket,sys\nfor i in range(64):\n c=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);c.settimeout(5)\n"
        + " c.connect((sys.argv[1],53));c.send(b'%d'%i);assert c.recv(100)==b'%d'%i";

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
        using Process receiver = Shell.Start("ip", "netns", "exec", to, Shell.Python, "-c", Receive, address);
        Assert.Equal("ready", receiver.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(
            "ip", "netns", "exec", from, Shell.Python, "-c", Send, address,
            megabytes.ToString(CultureInfo.InvariantCulture));
        receiver.Kill();
        Assert.True(code == 0, output);
    }

    /// <summary>Sends datagrams of many sizes and has each answered.</summary>
    public static void Datagrams(string from, string to, string address)
    {
        string traffic = RepositoryFiles.PathOf("pcaps/traffic");
        using Process server = Shell.Start("ip", "netns", "exec", to, Shell.Python, traffic, "udp-echo", address);
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try("ip", "netns", "exec", from, Shell.Python, traffic, "udp-sweep", address);
        server.Kill();
        Assert.True(code == 0, output);
    }

    /// <summary>Sends a datagram from each of 64 ports and has it answered: as many flows.</summary>
    public static void ManyFlows(string from, string to, string address)
    {
        string traffic = RepositoryFiles.PathOf("pcaps/traffic");
        using Process server = Shell.Start("ip", "netns", "exec", to, Shell.Python, traffic, "udp-echo", address);
        Assert.Equal("ready", server.StandardOutput.ReadLine());
        (int code, string output) = Shell.Try(
            "ip", "netns", "exec", from, Shell.Python, "-c", AskFromManyPorts, address);
        server.Kill();
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

    [GeneratedRegex("([0-9]+) packets transmitted, ([0-9]+) received")]
    private static partial Regex Counts();
}
