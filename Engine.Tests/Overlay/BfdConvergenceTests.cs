using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>Two machines over a wire that loses and delays packets, in virtual time.</summary>
public sealed class BfdConvergenceTests
{
    private const long Ms = 1_000_000;

    private static readonly int[] Intervals = [10, 50, 100, 300, 1000, 3000];

    [Fact]
    public void Two_machines_come_up_and_agree_once_the_wire_is_good_whatever_it_lost_before()
    {
        Gen<Wire> wires =
            from seed in Gen.Choose(0, int.MaxValue)
            from loss in Gen.Choose(0, 100)
            from delay in Gen.Choose(0, 40)
            from options in Options().Two()
            from later in Options().Two()
            select new Wire(seed, loss, delay, options.Item1, options.Item2, later.Item1, later.Item2);
        Prop.ForAll(Arb.From(wires), wire => wire.Run()).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void A_wire_that_dies_is_noticed_in_the_detection_time_on_both_sides_and_only_once()
    {
        var options = new BfdOptions();
        var wire = new Wire(1, 0, 1, options, options, options, options);
        wire.Run();
        wire.Pass(100, 599 * Ms); // The last packet came at most 300 ms before.
        Assert.Equal((BfdState.Up, BfdState.Up), (wire.A.State, wire.B.State));
        wire.Pass(100, 303 * Ms);
        Assert.Equal((BfdState.Down, BfdState.Down), (wire.A.State, wire.B.State));
        wire.Pass(100, 5000 * Ms);
        Assert.Equal((1, 1), (wire.A.Flaps, wire.B.Flaps));
        Assert.Equal(BfdDiagnostic.DetectionTimeExpired, wire.A.Diagnostic);
    }

    private static Gen<BfdOptions> Options() =>
        from tx in Gen.Elements(Intervals)
        from rx in Gen.Elements(Intervals)
        from multiplier in Gen.Elements<byte>(1, 2, 3, 10)
        select new BfdOptions
        {
            MinTx = TimeSpan.FromMilliseconds(tx),
            MinRx = TimeSpan.FromMilliseconds(rx),
            Multiplier = multiplier,
        };

    private sealed record Wire(
        int Seed, int Loss, int DelayMs, BfdOptions First, BfdOptions Second, BfdOptions FirstLater,
        BfdOptions SecondLater)
    {
        private readonly Random _random = new(Seed);
        private readonly PriorityQueue<(BfdSession To, BfdPacket Packet), (long AtNs, int Number)> _inFlight = new();
        private long _nowNs;
        private int _number;

        public BfdSession A { get; } = new(First, 0xA, (ulong)Seed);

        public BfdSession B { get; } = new(Second, 0xB, (ulong)Seed + 1);

        /// <summary>A bad time, in which both sides also change their minds, and a good one.</summary>
        public void Run()
        {
            Pass(Loss, _random.Next(0, 20_000) * Ms);
            A.Configure(FirstLater);
            Pass(Loss, _random.Next(0, 5_000) * Ms);
            B.Configure(SecondLater);
            Pass(Loss, _random.Next(0, 20_000) * Ms);

            // The longest detection time runs out, the machines shake hands at a packet a second, polls end.
            Pass(0, 90_000 * Ms);
            string told = $"{A.State} {A.Diagnostic} {B.State} {B.Diagnostic}";
            Assert.True(A.State == BfdState.Up && B.State == BfdState.Up, told);
            long flaps = A.Flaps + B.Flaps;
            Pass(0, 60_000 * Ms);
            Assert.Equal(flaps, A.Flaps + B.Flaps);
            Assert.False(A.IsPolling || B.IsPolling);
            Check(A, B, FirstLater, SecondLater);
            Check(B, A, SecondLater, FirstLater);
        }

        /// <summary>Lets time pass while some of a hundred packets are lost.</summary>
        public void Pass(int loss, long timeNs)
        {
            long endNs = _nowNs + timeNs;
            while (true)
            {
                long arrivalNs = _inFlight.TryPeek(out _, out (long AtNs, int) next) ? next.AtNs : long.MaxValue;
                long dueNs = Math.Max(_nowNs, Math.Min(arrivalNs, Math.Min(A.DueNs, B.DueNs)));
                if (dueNs > endNs)
                {
                    break;
                }

                _nowNs = dueNs;
                if (arrivalNs <= _nowNs)
                {
                    (BfdSession to, BfdPacket packet) = _inFlight.Dequeue();
                    to.Receive(packet, _nowNs);
                }

                Tend(A, B, loss);
                Tend(B, A, loss);
            }

            _nowNs = endNs;
        }

        private static void Check(BfdSession one, BfdSession other, BfdOptions own, BfdOptions others)
        {
            Assert.Equal((one.LocalDiscriminator, BfdState.Up), (other.RemoteDiscriminator, other.RemoteState));
            uint interval = Math.Max(Microseconds(own.MinTx), Microseconds(others.MinRx));
            Assert.Equal(interval, one.TransmitInterval);
            Assert.Equal(own.Multiplier * interval * 1000L, other.DetectionTimeNs);
        }

        private static uint Microseconds(TimeSpan time) => (uint)time.TotalMicroseconds;

        private void Tend(BfdSession session, BfdSession other, int loss)
        {
            session.Tend(_nowNs);
            Assert.False(session.State == BfdState.Up && session.RemoteDiscriminator == 0);
            while (session.TryTransmit(_nowNs, out BfdPacket packet))
            {
                Assert.False(packet.IsPoll && packet.IsFinal);
                if (_random.Next(100) >= loss && IsFor(packet, other))
                {
                    // All take as long, so that they stay in order.
                    _inFlight.Enqueue((other, packet), (_nowNs + (DelayMs * Ms), _number++));
                }
            }
        }

        // What a table would discard does not come to a session.
        private static bool IsFor(BfdPacket packet, BfdSession to) =>
            packet.YourDiscriminator == 0
                ? packet.State is BfdState.Down or BfdState.AdminDown
                : packet.YourDiscriminator == to.LocalDiscriminator;
    }
}
