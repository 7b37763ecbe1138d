using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>The state machine and its timers against RFC 5880 §6.8, in virtual time.</summary>
public sealed class BfdSessionTests
{
    private const long Ms = 1_000_000;
    private const uint Mine = 0x11;
    private const uint Yours = 0x22;

    private static readonly BfdOptions Options = new()
    {
        MinTx = TimeSpan.FromMilliseconds(100),
        MinRx = TimeSpan.FromMilliseconds(200),
        Multiplier = 3,
    };

    [Theory]
    [InlineData(BfdState.Down, BfdState.AdminDown, BfdState.Down)]
    [InlineData(BfdState.Down, BfdState.Down, BfdState.Init)]
    [InlineData(BfdState.Down, BfdState.Init, BfdState.Up)]
    [InlineData(BfdState.Down, BfdState.Up, BfdState.Down)]
    [InlineData(BfdState.Init, BfdState.AdminDown, BfdState.Down)]
    [InlineData(BfdState.Init, BfdState.Down, BfdState.Init)]
    [InlineData(BfdState.Init, BfdState.Init, BfdState.Up)]
    [InlineData(BfdState.Init, BfdState.Up, BfdState.Up)]
    [InlineData(BfdState.Up, BfdState.AdminDown, BfdState.Down)]
    [InlineData(BfdState.Up, BfdState.Down, BfdState.Down)]
    [InlineData(BfdState.Up, BfdState.Init, BfdState.Up)]
    [InlineData(BfdState.Up, BfdState.Up, BfdState.Up)]
    [InlineData(BfdState.AdminDown, BfdState.AdminDown, BfdState.AdminDown)]
    [InlineData(BfdState.AdminDown, BfdState.Down, BfdState.AdminDown)]
    [InlineData(BfdState.AdminDown, BfdState.Init, BfdState.AdminDown)]
    [InlineData(BfdState.AdminDown, BfdState.Up, BfdState.AdminDown)]
    public void A_packet_moves_the_state_as_the_procedure_says(BfdState from, BfdState received, BfdState to)
    {
        BfdSession session = In(from);
        session.Receive(Packet(received), 10 * Ms);
        Assert.Equal((to, received), (session.State, session.RemoteState));
        BfdDiagnostic expected = from == BfdState.AdminDown ? BfdDiagnostic.AdministrativelyDown
            : to == BfdState.Down && from != BfdState.Down ? BfdDiagnostic.NeighborSignaledDown
            : BfdDiagnostic.None;
        Assert.Equal(expected, session.Diagnostic);
        Assert.Equal(from == BfdState.Up && to != BfdState.Up ? 1 : 0, session.Flaps);
    }

    [Theory]
    [InlineData(BfdState.Down, BfdState.Down, BfdDiagnostic.None)]
    [InlineData(BfdState.Init, BfdState.Down, BfdDiagnostic.DetectionTimeExpired)]
    [InlineData(BfdState.Up, BfdState.Down, BfdDiagnostic.DetectionTimeExpired)]
    [InlineData(BfdState.AdminDown, BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown)]
    public void The_detection_time_ends_a_session_that_is_init_or_up(
        BfdState from, BfdState to, BfdDiagnostic diagnostic)
    {
        BfdSession session = In(from);
        BfdState received = from switch
        {
            BfdState.Down => BfdState.AdminDown,
            BfdState.Init => BfdState.Down,
            _ => from,
        };
        session.Receive(Packet(received, multiplier: 5), 10 * Ms);

        // Detect Mult received × the greater of Required Min RX and Desired Min TX received: 5 × 300 ms.
        Assert.Equal(1500 * Ms, session.DetectionTimeNs);
        session.Tend((1510 * Ms) - 1);
        Assert.NotEqual(0u, session.RemoteDiscriminator);
        Assert.Equal(from, session.State);
        session.Tend(1510 * Ms);
        Assert.Equal((to, diagnostic), (session.State, session.Diagnostic));
        Assert.Equal(0u, session.RemoteDiscriminator);
    }

    [Fact]
    public void A_new_session_is_down_and_tells_it_every_second_less_jitter()
    {
        var session = new BfdSession(Options, Mine, seed: 7);
        BfdPacket packet = Transmitted(session, 0);
        Assert.Equal((BfdState.Down, BfdDiagnostic.None), (packet.State, packet.Diagnostic));
        Assert.Equal((Mine, 0u, 3, 24), (
            packet.MyDiscriminator, packet.YourDiscriminator, packet.DetectMultiplier, packet.PacketLength));
        Assert.Equal((1_000_000u, 200_000u, 0u), (
            packet.DesiredMinTx, packet.RequiredMinRx, packet.RequiredMinEchoRx));
        Assert.False(packet.IsPoll || packet.IsFinal || packet.IsDemand || packet.IsAuthenticated);
        Assert.InRange(session.DueNs, 750 * Ms, 1000 * Ms);
        Assert.False(session.TryTransmit(session.DueNs - 1, out _));
        Transmitted(session, session.DueNs);
    }

    [Theory]
    [InlineData(3, 75, 100)]
    [InlineData(1, 75, 90)]
    public void Jitter_takes_up_to_a_quarter_and_a_tenth_at_least_where_one_packet_is_all(
        byte multiplier, int least, int most)
    {
        var session = new BfdSession(Options with { Multiplier = multiplier }, Mine, seed: 1);
        var intervals = new List<long>();
        long now = 0;
        for (int i = 0; i < 2000; i++)
        {
            Transmitted(session, now);
            intervals.Add(session.DueNs - now);
            now = session.DueNs;
        }

        Assert.InRange(intervals.Min(), least * 10 * Ms, (least + 1) * 10 * Ms);
        Assert.InRange(intervals.Max(), (most - 1) * 10 * Ms, most * 10 * Ms);
        Assert.InRange(intervals.Average(), (least + most - 2) * 5 * Ms, (least + most + 2) * 5 * Ms);
    }

    [Fact]
    public void A_change_of_state_is_told_at_once()
    {
        var session = new BfdSession(Options, Mine, seed: 1);
        Transmitted(session, 0);
        session.Receive(Packet(BfdState.Down, your: 0), 1 * Ms);
        BfdPacket init = Transmitted(session, 1 * Ms);
        Assert.Equal((BfdState.Init, Yours), (init.State, init.YourDiscriminator));
        session.Receive(Packet(BfdState.Init), 2 * Ms);
        BfdPacket up = Transmitted(session, 2 * Ms);
        Assert.Equal((BfdState.Up, 100_000u, true), (up.State, up.DesiredMinTx, up.IsPoll));
        Assert.False(session.TryTransmit(3 * Ms, out _));
    }

    [Fact]
    public void The_slower_side_sets_the_interval_between_packets()
    {
        BfdSession session = In(BfdState.Up);
        Assert.Equal(400_000u, session.TransmitInterval); // The other side takes one every 400 ms.
        session.Receive(Packet(BfdState.Up, minRx: 50_000), 20 * Ms);
        Assert.Equal(100_000u, session.TransmitInterval);
        session.Receive(Packet(BfdState.Up, minRx: 900_000), 30 * Ms);
        Assert.Equal(900_000u, session.TransmitInterval);
    }

    [Fact]
    public void A_shorter_interval_is_honoured_at_once()
    {
        BfdSession session = In(BfdState.Up);
        Transmitted(session, session.DueNs);
        long last = session.DueNs; // Not before 300 ms from now.
        session.Receive(Packet(BfdState.Up, minRx: 10_000), 20 * Ms);
        Assert.True(session.DueNs <= last - (200 * Ms));
    }

    [Fact]
    public void Nothing_is_sent_periodically_to_who_wants_none()
    {
        BfdSession session = In(BfdState.Up);
        session.Receive(Packet(BfdState.Up, minRx: 0), 20 * Ms);
        Assert.Equal(20 * Ms + session.DetectionTimeNs, session.DueNs);
        Assert.False(session.TryTransmit(long.MaxValue / 2, out _));
        session.Receive(Packet(BfdState.Up, minRx: 0, isPoll: true), 30 * Ms);
        Assert.True(Transmitted(session, 30 * Ms).IsFinal);
    }

    [Fact]
    public void A_poll_is_answered_at_once_and_holds_no_periodic_packet_back()
    {
        BfdSession session = In(BfdState.Up);
        long due = session.DueNs;
        session.Receive(Packet(BfdState.Up, isPoll: true), 20 * Ms);
        BfdPacket answer = Transmitted(session, 20 * Ms);
        Assert.Equal((false, true), (answer.IsPoll, answer.IsFinal));
        Assert.Equal(due, session.DueNs);
        Assert.False(Transmitted(session, due).IsFinal);
    }

    [Fact]
    public void A_poll_goes_on_until_its_answer_comes()
    {
        BfdSession session = In(BfdState.Down);
        session.Receive(Packet(BfdState.Init), 1 * Ms);
        Assert.True(session.IsPolling); // The interval shrank from a second to 100 ms.
        Assert.True(Transmitted(session, 1 * Ms).IsPoll);
        Assert.True(Transmitted(session, session.DueNs).IsPoll);

        // An answer has no room for a question (RFC 5880 §6.5).
        session.Receive(Packet(BfdState.Up, isPoll: true), 20 * Ms);
        BfdPacket answer = Transmitted(session, 20 * Ms);
        Assert.Equal((false, true), (answer.IsPoll, answer.IsFinal));
        session.Receive(Packet(BfdState.Up, isFinal: true), 30 * Ms);
        Assert.False(session.IsPolling);
        Assert.False(Transmitted(session, session.DueNs).IsPoll);
    }

    [Fact]
    public void An_answer_to_no_question_ends_no_poll()
    {
        BfdSession session = In(BfdState.Down);
        session.Receive(Packet(BfdState.Init), 1 * Ms);
        session.Receive(Packet(BfdState.Up, isFinal: true), 2 * Ms); // Nothing has left since.
        Assert.True(session.IsPolling);
    }

    [Fact]
    public void Sending_less_often_waits_until_the_other_side_knows()
    {
        BfdSession session = Quiet(minRx: 1);
        Assert.Equal(100_000u, session.TransmitInterval);
        session.Configure(Options with { MinTx = TimeSpan.FromSeconds(5) });
        Assert.Equal((5_000_000u, 100_000u), (session.DesiredMinTx, session.TransmitInterval));
        BfdPacket poll = Transmitted(session, session.DueNs);
        Assert.Equal((true, 5_000_000u), (poll.IsPoll, poll.DesiredMinTx));
        session.Receive(Packet(BfdState.Up, minRx: 1), 200 * Ms);
        Assert.Equal(100_000u, session.TransmitInterval);
        session.Receive(Packet(BfdState.Up, minRx: 1, isFinal: true), 210 * Ms);
        Assert.Equal(5_000_000u, session.TransmitInterval);
    }

    [Fact]
    public void Sending_more_often_does_not_wait()
    {
        BfdSession session = Quiet(minRx: 1);
        session.Configure(Options with { MinTx = TimeSpan.FromMilliseconds(20) });
        Assert.Equal((20_000u, true), (session.TransmitInterval, session.IsPolling));
    }

    [Fact]
    public void Expecting_packets_more_often_waits_until_the_other_side_knows()
    {
        BfdSession session = Quiet(minTx: 10_000);
        Assert.Equal(600 * Ms, session.DetectionTimeNs); // 3 × 200 ms.
        session.Configure(Options with { MinRx = TimeSpan.FromMilliseconds(50) });
        Assert.Equal((50_000u, 600 * Ms), (session.RequiredMinRx, session.DetectionTimeNs));
        Assert.Equal(50_000u, Transmitted(session, session.DueNs).RequiredMinRx);
        session.Receive(Packet(BfdState.Up, minTx: 10_000, isFinal: true), 110 * Ms);
        Assert.Equal(150 * Ms, session.DetectionTimeNs);
    }

    [Fact]
    public void What_changes_while_a_poll_runs_has_a_poll_of_its_own_behind_it()
    {
        BfdSession session = Quiet(minRx: 1);
        session.Configure(Options with { MinTx = TimeSpan.FromSeconds(5) });
        Transmitted(session, session.DueNs);
        session.Configure(Options with { MinTx = TimeSpan.FromSeconds(7) });
        session.Receive(Packet(BfdState.Up, minRx: 1, isFinal: true), 200 * Ms);
        Assert.Equal((true, 100_000u), (session.IsPolling, session.TransmitInterval));
        Assert.False(Transmitted(session, session.DueNs).IsPoll);

        // RFC 5880 §6.8.3, the third way: a packet without F comes in between.
        session.Receive(Packet(BfdState.Up, minRx: 1), 300 * Ms);
        Assert.True(Transmitted(session, session.DueNs).IsPoll);
        session.Receive(Packet(BfdState.Up, minRx: 1, isFinal: true), 400 * Ms);
        Assert.Equal((false, 7_000_000u), (session.IsPolling, session.TransmitInterval));
    }

    [Fact]
    public void Another_multiplier_needs_no_poll()
    {
        BfdSession session = Quiet();
        session.Configure(Options with { Multiplier = 9 });
        Assert.False(session.IsPolling);
        Assert.Equal(9, Transmitted(session, session.DueNs).DetectMultiplier);
    }

    [Fact]
    public void Who_is_in_demand_mode_gets_no_periodic_packets_but_polls_and_is_still_missed()
    {
        BfdSession session = Quiet(isDemand: true);
        Assert.False(session.TryTransmit(110 * Ms, out _));
        Assert.Equal((100 * Ms) + session.DetectionTimeNs, session.DueNs);
        session.Configure(Options with { MinTx = TimeSpan.FromMilliseconds(50) });
        BfdPacket poll = Transmitted(session, session.DueNs);
        Assert.Equal((true, false), (poll.IsPoll, poll.IsDemand));
        session.Tend((100 * Ms) + session.DetectionTimeNs);
        Assert.Equal(BfdState.Down, session.State);
        Assert.False(Transmitted(session, session.DueNs).IsDemand);
        Assert.NotEqual(long.MaxValue, session.DueNs); // Demand mode has ended with the session.
    }

    [Fact]
    public void A_session_that_is_disabled_says_so_and_answers_nothing()
    {
        BfdSession session = In(BfdState.Up);
        session.Disable();
        BfdPacket packet = Transmitted(session, 20 * Ms);
        Assert.Equal(
            (BfdState.AdminDown, BfdDiagnostic.AdministrativelyDown, 1_000_000u),
            (packet.State, packet.Diagnostic, packet.DesiredMinTx));
        session.Receive(Packet(BfdState.Down, isPoll: true), 30 * Ms);
        Assert.False(session.TryTransmit(31 * Ms, out _));
    }

    /// <summary>A packet of the other side: 300 ms at best, 400 ms at most.</summary>
    internal static BfdPacket Packet(
        BfdState state,
        bool isPoll = false,
        bool isFinal = false,
        bool isDemand = false,
        byte multiplier = 3,
        uint your = Mine,
        uint minTx = 300_000,
        uint minRx = 400_000)
    {
        var packet = new BfdPacket(
            state, BfdDiagnostic.None, isPoll, isFinal, multiplier, Yours, your, minTx, minRx);
        byte[] bytes = new byte[BfdPacket.Length];
        new PacketWriter(bytes).TryWrite(packet);
        bytes[1] |= (byte)(isDemand ? 0x02 : 0);
        new PacketReader(bytes).TryRead(out packet);
        return packet;
    }

    private static BfdPacket Transmitted(BfdSession session, long nowNs)
    {
        Assert.True(session.TryTransmit(nowNs, out BfdPacket packet), $"Nothing is sent at {nowNs}.");
        return packet;
    }

    /// <summary>A session in a state, whose packets have all left, at the beginning of time.</summary>
    private static BfdSession In(BfdState state)
    {
        var session = new BfdSession(Options, Mine, seed: 1);
        Transmitted(session, 0);
        if (state is BfdState.Init or BfdState.Up)
        {
            session.Receive(Packet(BfdState.Down, your: 0), 0);
            Transmitted(session, 0);
        }

        if (state == BfdState.Up)
        {
            session.Receive(Packet(BfdState.Up), 0);
            Transmitted(session, 0);
        }

        if (state == BfdState.AdminDown)
        {
            session.Disable();
            Transmitted(session, 0);
        }

        Assert.Equal(state, session.State);
        return session;
    }

    /// <summary>A session that is up and has no poll to end; the last packet came at 100 ms.</summary>
    private static BfdSession Quiet(uint minTx = 300_000, uint minRx = 400_000, bool isDemand = false)
    {
        BfdSession session = In(BfdState.Up);
        session.Receive(
            Packet(BfdState.Up, isFinal: true, minTx: minTx, minRx: minRx, isDemand: isDemand), 100 * Ms);
        while (session.TryTransmit(100 * Ms, out _))
        {
        }

        Assert.False(session.IsPolling);
        return session;
    }
}
