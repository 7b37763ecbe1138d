using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Tests.Ports.Wrappers;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

/// <summary>Sessions by the clock of a switch, and the flows that leave VTEPs which go down.</summary>
public sealed class VirtualSwitchBfdTests : IDisposable
{
    private const long Ms = 1_000_000;
    private const int Flows = 40;

    private readonly SetClock _clock = new();
    private readonly BfdRemote _c = new(VtepC, MacVtepC);
    private readonly BfdRemote _e = new(VtepE, MacVtepE);
    private readonly MemoryPort _a = new();
    private readonly MemoryPort _up = new();
    private readonly VirtualSwitch _switch;
    private readonly List<(IpAddress Vtep, BfdState State)> _changes = [];
    private readonly List<string> _vteps = [];

    public VirtualSwitchBfdTests()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        _switch = new VirtualSwitch(
            Routed(BfdTests.Watching(VtepC, VtepE)), new VirtualSwitchOptions { Clock = _clock })
        {
            BfdChanged = session => _changes.Add((session.Vtep, session.State)),
        };
        _switch.Attach("a", _a);
        _switch.Attach("up", _up);
    }

    private long NowNs => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    public void Dispose()
    {
        Assert.True(_switch.ReadCounters().AddsUp);
        _switch.Dispose();
        _a.Dispose();
        _up.Dispose();
    }

    [Fact]
    public void Sessions_come_up_by_the_clock_alone_and_are_told_of()
    {
        Pass(1000);
        Assert.Equal((BfdState.Up, BfdState.Up), (_c.Session.State, _e.Session.State));
        Assert.Equal([Ip(VtepC), Ip(VtepE)], _switch.ReadBfdSessions().Select(s => s.Vtep));
        Assert.Contains((Ip(VtepC), BfdState.Up), _changes);
        Pass(5000);
        BfdSummary session = _switch.ReadBfdSessions()[0];
        Assert.Equal(("up", BfdState.Up, BfdState.Up, 0L), (
            session.Port, session.State, session.RemoteState, session.Flaps));
        Assert.Equal(
            (0x77u, _c.Session.RemoteDiscriminator), (session.RemoteDiscriminator, session.LocalDiscriminator));
        Assert.Equal((100, 300), (session.TransmitInterval.TotalMilliseconds, session.DetectionTime.TotalMilliseconds));
        Assert.InRange(session.Sent, 50, 90);
        Assert.InRange(session.Received, 50, 90);
        Assert.InRange(session.Since!.Value.TotalSeconds, 5, 6);
    }

    [Fact]
    public void Flows_leave_a_vtep_at_once_when_its_session_goes_down_and_come_back_when_it_is_up()
    {
        Pass(2000);
        string[] before = SendAll();
        Assert.Equal([VtepC, VtepE], before.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(before, SendAll());
        Assert.Equal(Flows, _switch.FastPathHits);

        // Not a frame comes of it: the clock alone ends the session, 300 ms after the last one, at most 100 ms ago.
        Pass(190, silent: VtepE);
        Assert.Equal(before, SendAll());
        Pass(111, silent: VtepE);
        Assert.Equal((Ip(VtepE), BfdState.Down), _changes[^1]);
        Assert.Equal(BfdDiagnostic.DetectionTimeExpired, _switch.ReadBfdSessions()[1].Diagnostic);
        string[] after = SendAll();
        Assert.All(after, vtep => Assert.Equal(VtepC, vtep));
        long hits = _switch.FastPathHits;
        Assert.Equal(after, SendAll());
        Assert.Equal(hits + Flows, _switch.FastPathHits);

        Pass(3000);
        Assert.Equal((Ip(VtepE), BfdState.Up), _changes[^1]);
        Assert.Equal(before, SendAll());
        Assert.Equal(1, _switch.ReadBfdSessions()[1].Flaps);
    }

    [Fact]
    public void In_the_middle_of_a_burst_too()
    {
        Assert.True(_switch.Apply(Routed(BfdTests.Watching(VtepE)))); // Else both would be down, and used.
        Pass(2000);
        string[] before = SendAll();
        int flow = Array.IndexOf(before, VtepE);
        SendAll();
        long hits = _switch.FastPathHits;
        long start = NowNs + (190 * Ms); // Its session ends 300 ms after its last packet, at most 100 ms ago.
        for (int i = 0; i < 32; i++)
        {
            _a.Send(Frame(flow), start + (i * 4 * Ms));
        }

        Assert.Equal(32, _switch.Poll());
        string[] vteps = Taken();
        int turn = Array.IndexOf(vteps, VtepC);
        Assert.InRange(turn, 1, 31);
        Assert.All(vteps[..turn], vtep => Assert.Equal(VtepE, vtep));
        Assert.All(vteps[turn..], vtep => Assert.Equal(VtepC, vtep));
        Assert.InRange(_switch.FastPathHits - hits, 20, 31);
    }

    [Fact]
    public void A_vtep_that_never_was_up_is_used_as_if_nobody_watched_it()
    {
        Pass(3000, silent: VtepE);
        Assert.Equal(BfdState.Down, _switch.ReadBfdSessions()[1].State);
        Assert.Contains(VtepE, SendAll());
        Assert.Equal(1u, _switch.Generation);
    }

    [Fact]
    public void Who_takes_the_session_down_is_avoided()
    {
        Pass(2000);
        _e.Session.Disable();
        Pass(10);
        Assert.Equal(BfdDiagnostic.NeighborSignaledDown, _switch.ReadBfdSessions()[1].Diagnostic);
        Assert.DoesNotContain(VtepE, SendAll());
    }

    [Fact]
    public void A_vtep_that_is_watched_no_longer_is_used_again()
    {
        Pass(2000);
        string[] before = SendAll();
        Pass(400, silent: VtepE);
        Assert.DoesNotContain(VtepE, SendAll());
        Assert.True(_switch.Apply(Routed(BfdTests.Watching(VtepC))));
        Assert.Equal(before, SendAll());
        Assert.Equal([Ip(VtepC)], _switch.ReadBfdSessions().Select(s => s.Vtep));
        Pass(1000);
        Assert.Equal(BfdState.Up, _switch.ReadBfdSessions()[0].State); // It lives on.
        Assert.Equal(0, _switch.ReadBfdSessions()[0].Flaps);
    }

    [Fact]
    public void Other_intervals_are_agreed_on_without_a_flap()
    {
        Pass(2000);
        Assert.True(_switch.Apply(Routed(BfdTests.Watching(
            bfd => bfd with { MinTx = TimeSpan.FromMilliseconds(500), MinRx = TimeSpan.FromMilliseconds(50) },
            VtepC,
            VtepE))));
        Pass(3000);
        Assert.All(_switch.ReadBfdSessions(), s => Assert.Equal((BfdState.Up, 0L), (s.State, s.Flaps)));
        Assert.Equal(500, _switch.ReadBfdSessions()[0].TransmitInterval.TotalMilliseconds);
        Assert.Equal(1500 * Ms, _c.Session.DetectionTimeNs);
    }

    [Fact]
    public void A_switch_that_says_goodbye_tells_its_vteps_at_once_and_again_while_it_goes_on()
    {
        Pass(2000);
        string[] before = SendAll();
        _changes.Clear();
        _switch.SayGoodbye();
        Assert.Equal([(Ip(VtepC), BfdState.AdminDown), (Ip(VtepE), BfdState.AdminDown)], _changes.Order());
        Deliver(silent: null);
        Assert.All([_c.Session, _e.Session], session => Assert.Equal(
            (BfdState.Down, BfdDiagnostic.NeighborSignaledDown, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown),
            (session.State, session.Diagnostic, session.RemoteState, session.RemoteDiagnostic)));
        Assert.Empty(_switch.ReadBfdSessions());

        // It is said again, packets go on by all VTEPs, and nothing brings the sessions back.
        Assert.Equal(before, SendAll());
        long generated = _switch.ReadCounters().Generated;
        Pass(5000);
        Assert.InRange(_switch.ReadCounters().Generated - generated, 4, 8); // Three seconds, one each at least.
        Assert.True(_switch.Apply(Routed(BfdTests.Watching(VtepE))));
        Pass(1000);
        Assert.Empty(_switch.ReadBfdSessions());
        Assert.Equal(BfdState.Down, _e.Session.State);
    }

    [Fact]
    public void The_switch_does_not_sleep_longer_than_its_sessions_may()
    {
        Assert.Equal(0, _switch.Poll());
        using var live = new VirtualSwitch(BfdTests.Watching(VtepC), new VirtualSwitchOptions { Clock = _clock });
        var time = System.Diagnostics.Stopwatch.StartNew();
        live.Wait(TimeSpan.FromMilliseconds(400)); // Its session is to begin at once.
        Assert.InRange(time.ElapsedMilliseconds, 0, 300);
    }

    private static SwitchPolicy Routed(SwitchPolicy policy) => policy.With(n => n with
    {
        Routes =
        [
            new RemoteSubnet
            {
                Prefix = IpPrefix.Parse("10.8.0.0/16"), Vteps = [Ip(VtepC), Ip(VtepE)], RouterMac = Mac(MacFarRouter),
            },
        ],
    });

    private static byte[] Frame(int flow) => FromA(MacRouter).Ipv4(IpA, "10.8.0.1").Udp(1000 + flow, 53).Build();

    /// <summary>The VTEPs that forty flows go to now.</summary>
    private string[] SendAll()
    {
        for (int i = 0; i < Flows; i++)
        {
            _a.Send(Frame(i), NowNs);
        }

        while (_switch.Poll() > 0)
        {
        }

        string[] vteps = Taken();
        Assert.Equal(Flows, vteps.Length);
        return vteps;
    }

    /// <summary>Where the tenant's packets went; control packets go to their VTEPs.</summary>
    private string[] Taken()
    {
        _vteps.Clear();
        Deliver(silent: null);
        return [.. _vteps];
    }

    /// <summary>Lets milliseconds pass, in which VTEPs say what they have to, but for one.</summary>
    private void Pass(int milliseconds, string? silent = null)
    {
        for (int i = 0; i < milliseconds; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            foreach ((string vtep, BfdRemote remote) in new[] { (VtepC, _c), (VtepE, _e) })
            {
                while (vtep != silent && remote.Next(NowNs) is byte[] frame)
                {
                    _up.Send(frame, NowNs);
                }
            }

            while (_switch.Poll() > 0)
            {
            }

            Deliver(silent);
        }
    }

    private void Deliver(string? silent)
    {
        while (_up.TryTake(out ReadOnlyMemory<byte> frame))
        {
            string vtep = new System.Net.IPAddress(frame.Span[30..34]).ToString();
            bool isControl = _c.IsForIt(frame.Span) || _e.IsForIt(frame.Span);
            if (!isControl)
            {
                _vteps.Add(vtep);
            }
            else if (vtep != silent)
            {
                (vtep == VtepC ? _c : _e).Take(frame.Span, NowNs);
            }
        }
    }
}
