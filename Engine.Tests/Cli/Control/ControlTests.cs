using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Cli.Control;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Anonymization;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Tests.Scenarios;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Cli.Control.ControlledRun;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Cli.Control;

/// <summary>A running switch is asked by the commands, over its socket.</summary>
public sealed class ControlTests : IDisposable
{
    private static readonly byte[] ToB = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build();
    private static readonly byte[] Spoofed = FromA(MacB).Ipv4(IpC, IpB).Udp(1000, 53).Build();

    private readonly StubPort _a = new("stub:a");
    private readonly StubPort _b = new("stub:b");
    private readonly StubPort _up = new("stub:up") { Interface = "eth0", IsHeardByHost = true };
    private readonly PlayedMachine _machine = new();
    private readonly VirtualSwitch _vswitch;
    private readonly ControlledRun _run;
    private readonly RunSession _session;

    public ControlTests()
    {
        _vswitch = new VirtualSwitch(Green.Policy) { HostSource = _machine.Open };
        _vswitch.Attach("a", _a);
        _vswitch.Attach("b", _b);
        PortQueues[] ports = [new("a", [_a]), new("b", [_b])];
        _run = new ControlledRun(new SingleRunner(_vswitch, ports), ports);
        _session = _run.Session;
    }

    private string SocketPath => _run.SocketPath;

    public void Dispose()
    {
        _run.Dispose();
        _vswitch.Dispose();
        _a.Dispose();
        _b.Dispose();
        _up.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public async Task Sessions_are_shown()
    {
        Assert.Empty(Vxe("show", "bfd").Output);
        Assert.True(await _session.Ask(() => _vswitch.Apply(BfdTests.Watching(VtepC))));
        WaitFor(() => Totals().Dropped > 0); // Nobody is attached to the uplink.
        string output = Vxe("show", "bfd").Output;
        Assert.Matches(
            "(?m)^172\\.31\\.9\\.2 +up +down +down +none +\\d+ +0 +1000 ms +0 ms +0 +[1-9]\\d* +0 *$", output);
    }

    [Fact]
    public async Task How_uplinks_follow_the_machines_tables_is_shown()
    {
        Assert.Empty(Vxe("show", "host-tables").Output);
        _machine.Routes.Add(new HostRoute(IpPrefix.Parse("0.0.0.0/0"), 0, PlayedMachine.Interface, Ip(VtepC), null));
        await _session.Ask(() =>
        {
            _vswitch.Apply(Green.Policy.WithPort("up", p => p with { HostTables = true }));
            _vswitch.Attach("up", _up);
        });
        Assert.Equal("port  interface  routes\nup    eth0       1\n", Vxe("show", "host-tables").Output);
        Assert.Contains(
            "\"hostTables\":[{\"port\":\"up\",\"interface\":\"eth0\",\"routes\":1}]",
            Vxe("show", "host-tables", "--json").Output,
            StringComparison.Ordinal);
        _machine.Name = "eth1";
        const string Gone = "host tables: the machine has no interface eth0.";
        WaitFor(() => Vxe("show", "host-tables").Output.EndsWith(
            $"\nup    eth0       0       {Gone}\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stations_that_were_learnt_are_listed()
    {
        Assert.Equal(string.Empty, Vxe("show", "stations").Output);
        SwitchPolicy learning = Green.Policy
            .With(n => n with { Learning = new Learning() })
            .WithPort("a", p => p with { SourceGuard = false });
        Assert.True(await _session.Ask(() => _vswitch.Apply(learning)));
        _a.TimeNs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        _a.Send(FrameBuilder.Ethernet(MacUnknown, MacB).Ipv4(IpC, IpB).Udp(1000, 53).Build());
        WaitFor(() => Totals().Received == 1);
        Assert.Matches(
            "^network +station +behind +silent\ngreen +02:42:0a:00:02:63 +port a +\\d+\\.\\d s\n$",
            Vxe("show", "stations").Output);
        Assert.Matches("\ngreen +1 +1 +0 +0 +0 +0 +0\n$", Vxe("show", "learning").Output);
        Assert.Contains(
            "\"mac\":\"02:42:0a:00:02:63\"", Vxe("show", "stations", "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_ports_drops_and_rules_are_those_of_the_packets_so_far()
    {
        _a.Send(ToB, ToB, Spoofed);
        WaitFor(() => Totals().Received == 3);
        PacketTotals totals = Totals();
        Assert.Equal((2, 1, true, 0L), (totals.Forwarded, totals.Dropped, totals.AddsUp, totals.Held));
        Assert.Equal(
            "dropped                 packets\nsource-address-spoofed  1\n",
            Vxe("show", "drops").Output);
        Assert.Matches("a +stub:a +up +1500 +3 +1 +0 ", Vxe("show", "ports").Output);
        Assert.Matches("b +stub:b +up +1500 +0 +0 +2 ", Vxe("show", "ports").Output);
        Assert.Matches("adds up +yes\n", Vxe("show", "counters").Output);
        Assert.Matches("(?m)^vnet/encap/encap +2$", Vxe("show", "rules").Output);
        Assert.Matches("0 +\\d+\\.\\d % +3 +\\d+\\.\\d % +0 +\\d+\\.\\d ms", Vxe("show", "workers").Output);
    }

    [Fact]
    public void What_a_port_did_besides_carrying_frames_is_said_behind_the_ports()
    {
        Assert.DoesNotContain("summary", Vxe("show", "ports", "--json").Output, StringComparison.Ordinal);
        _b.Summary = "stub:b: 2 painted";
        Assert.EndsWith(" 0\nb: stub:b: 2 painted\n", Vxe("show", "ports").Output, StringComparison.Ordinal);
        Assert.Contains(
            "\"summary\":\"stub:b: 2 painted\"", Vxe("show", "ports", "--json").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("painted", Vxe("show", "counters").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_tells_of_wanted_packets_only_and_ends_after_their_number()
    {
        Task<VxeRun> trace = Task.Run(() => Vxe("trace", "--verdict", "source-address-spoofed", "-c", "2"));
        WaitFor(() => _vswitch.Observer is not null);
        _a.Send(ToB, Spoofed, ToB, Spoofed, Spoofed);
        VxeRun run = await trace.WaitAsync(Patience);
        Assert.Equal((0, string.Empty), (run.Code, run.Error));
        string[] verdicts = [.. run.Output.Split('\n').Where(l => l.Contains("verdict", StringComparison.Ordinal))];
        const string Dropped = "  verdict    drop source-address-spoofed";
        Assert.Equal([Dropped, Dropped], verdicts);
        Assert.Contains($"udp {IpC}:1000 > {IpB}:53", run.Output, StringComparison.Ordinal);

        // Nobody watches any more, so packets go the short way again.
        WaitFor(() => _vswitch.Observer is null);
    }

    [Fact]
    public async Task A_trace_as_json_has_a_line_a_packet()
    {
        Task<VxeRun> trace = Task.Run(() => Vxe("trace", "--flow", $"udp {IpA}:* > {IpB}:53", "-c", "1", "--json"));
        WaitFor(() => _vswitch.Observer is not null);
        _a.Send(Spoofed, ToB);
        VxeRun run = await trace.WaitAsync(Patience);
        JsonElement packet = JsonSerializer.Deserialize<JsonElement>(run.Output);
        Assert.Equal("forward", packet.GetProperty("verdict").GetString());
        Assert.Equal($"udp {IpA}:1000 > {IpB}:53", packet.GetProperty("packet").GetString());
        Assert.StartsWith("a > b: ", packet.GetProperty("story").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capture_holds_frames_as_they_left_and_dropped_ones_as_they_came()
    {
        string file = Path.Combine(_run.Folder, "live.pcapng");
        Task<VxeRun> capture = Task.Run(() => Vxe("capture", "-w", file, "--duration", "1s"));
        WaitFor(() => _vswitch.Observer is not null);
        _a.Send(ToB, Spoofed);
        VxeRun run = await capture.WaitAsync(Patience);
        Assert.Equal((0, string.Empty), (run.Code, run.Error));
        IReadOnlyList<CapturedFrame> frames = CapturedFrame.ReadAll(File.ReadAllBytes(file));
        Assert.Equal(["b", "a"], frames.Select(f => f.Interface));
        Assert.Equal([Hex.Text(ToB), Hex.Text(Spoofed)], frames.Select(f => Hex.Text(f.Bytes)));
        Assert.Equal("a: drop source-address-spoofed", frames[1].Comment);
    }

    [Fact]
    public void A_capture_of_no_packets_is_a_capture()
    {
        string file = Path.Combine(_run.Folder, "empty.pcapng");
        Assert.Equal(0, Vxe("capture", "-w", file, "--duration", "50ms").Code);
        Assert.Empty(CapturedFrame.ReadAll(File.ReadAllBytes(file)));
        Assert.NotEqual(0, new FileInfo(file).Length);
    }

    [Fact]
    public void A_client_that_reads_nothing_holds_nobody_up()
    {
        using var idle = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        idle.Connect(new UnixDomainSocketEndPoint(SocketPath));
        idle.Send("{\"command\":\"trace\"}\n"u8);
        WaitFor(() => _vswitch.Observer is not null);
        for (int i = 0; i < 10; i++)
        {
            _a.Send([.. Enumerable.Repeat(ToB, 2_000)]);
            WaitFor(() => _b.Sent == 2_000 * (i + 1));
        }

        Assert.Equal(20_000, Totals().Forwarded);
    }

    [Fact]
    public async Task Top_shows_rates()
    {
        Task<VxeRun> top = Task.Run(() => Vxe("top", "--interval", "300ms", "-c", "2"));
        for (int i = 0; i < 50 && !top.IsCompleted; i++)
        {
            _a.Send(ToB);
            Thread.Sleep(20);
        }

        VxeRun run = await top.WaitAsync(Patience);
        Assert.Equal(0, run.Code);
        Assert.Equal(2, run.Output.Split('\n').Count(l => l.StartsWith("up ", StringComparison.Ordinal)));
        Assert.Matches("(?m)^a +up +[1-9]\\d* +0 +0", run.Output);
    }

    [Fact]
    public void A_switch_that_hangs_is_said_to()
    {
        using (_a.Hang())
        {
            VxeRun run = Vxe("show", "counters");
            Assert.Equal((1, "vxe: The switch is stuck: no answer for 5 s.\n"), (run.Code, run.Error));
            WaitFor(() => _run.Said().Contains("worker 0 is stuck", StringComparison.Ordinal));
        }

        WaitFor(() => _run.Said().Contains("worker 0 goes on", StringComparison.Ordinal));
        Assert.Equal(0, Vxe("show", "counters").Code);
    }

    [Theory]
    [InlineData("{\"command\":\"dance\"}", "There is no command 'dance'.")]
    [InlineData("{\"command\":\"trace\",\"flow\":\"x\"}", "'x' is no tuple.")]
    [InlineData("{\"command\":\"status\",\"extra\":1}", "The request is not understood")]
    [InlineData("null", "There is no request.")]
    [InlineData("", "The request is not understood")]
    [InlineData("\u0000\u0001\u0002", "The request is not understood")]
    public void A_request_that_makes_no_sense_is_answered_with_what_is_wrong(string request, string expected)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
        client.Send(Encoding.UTF8.GetBytes(request + "\n"));
        using var reader = new StreamReader(new NetworkStream(client));
        ControlAnswer answer = JsonSerializer.Deserialize(reader.ReadLine()!, ControlJson.Lines.ControlAnswer)!;
        Assert.StartsWith(expected, answer.Error, StringComparison.Ordinal);
        Assert.Null(reader.ReadLine());
        Assert.Equal(0, Vxe("show", "ports").Code);
    }

    [Fact]
    public void The_socket_is_its_owners_alone_and_one_switchs_alone()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        }

        IOException e = Assert.Throws<IOException>(() => ControlServer.Open(SocketPath, _session));
        Assert.Equal($"--control {SocketPath}: another switch listens there.", e.Message);
        string file = Path.Combine(_run.Folder, "policy.json");
        e = Assert.Throws<IOException>(() => ControlServer.Open(file, _session));
        Assert.Equal($"--control {file}: a file that is no socket is there.", e.Message);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void A_socket_that_was_left_behind_is_replaced()
    {
        // .NET removes a socket's file with the socket, unless it has another name by then.
        string left = Path.Combine(_run.Folder, "left.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(left + "0"));
            File.Move(left + "0", left);
        }

        Assert.True(File.Exists(left));
        using ControlServer second = ControlServer.Open(left, _session);
        Assert.Equal(0, VxeRun.Of("show", "ports", "--control", left).Code);
    }

    [Fact]
    public void A_live_trace_takes_no_captures_and_no_policy()
    {
        foreach (string[] extra in new[] { ["--explain"], ["--policy", "p.json"], new[] { "-r", "a=a.pcap" } })
        {
            VxeRun run = Vxe(["trace", .. extra]);
            Assert.Equal(2, run.Code);
            Assert.StartsWith("vxe: --control goes with --flow", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Where_no_switch_runs_the_commands_say_so()
    {
        string nowhere = Path.Combine(_run.Folder, "nowhere.sock");
        foreach (string[] command in new[] { ["show", "ports"], ["top"], ["trace"], new[] { "capture", "-w", "-" } })
        {
            VxeRun run = VxeRun.Of([.. command, "--control", nowhere]);
            Assert.Equal(1, run.Code);
            Assert.Contains($"is 'vxe run --control {nowhere}' running?", run.Error, StringComparison.Ordinal);
        }
    }

    private VxeRun Vxe(params string[] arguments) => _run.Vxe(arguments);

    private PacketTotals Totals() => _run.Totals();
}
