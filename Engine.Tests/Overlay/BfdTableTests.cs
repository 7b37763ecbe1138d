using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class BfdTableTests
{
    private const long Ms = 1_000_000;

    private static readonly IpAddress Local = IpAddress.Parse("172.31.0.1");
    private static readonly IpAddress Remote = IpAddress.Parse("172.31.0.2");
    private static readonly IpAddress Other = IpAddress.Parse("172.31.0.3");
    private static readonly BfdOptions Options = new();

    private readonly BfdTable _table = new(key: 5);
    private readonly Link _link = new();

    public BfdTableTests()
    {
        _table.Watch(1, Local, Remote, Options);
        _table.Watch(1, Local, Other, Options);
    }

    [Theory]
    [InlineData("20 40 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.None)]
    [InlineData("20 40 03 18 00000007 00000000 000f4240 000f4240 00000000 ff", DropReason.None)]
    [InlineData("20 00 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.None)]
    [InlineData("", DropReason.BfdInvalid)]
    [InlineData("20 40 03 18 00000007 00000000 000f4240 000f4240 000000", DropReason.BfdInvalid)]
    [InlineData("00 40 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Version 0.
    [InlineData("40 40 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Version 2.
    [InlineData("20 40 03 17 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Length 23.
    [InlineData("20 40 03 19 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Cut.
    [InlineData("20 44 03 19 00000007 00000000 000f4240 000f4240 00000000 00", DropReason.BfdInvalid)] // 26 at least.
    [InlineData("20 40 00 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Multiplier 0.
    [InlineData("20 41 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Multipoint.
    [InlineData("20 40 03 18 00000000 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // No discriminator.
    [InlineData("20 80 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Init, for nobody.
    [InlineData("20 c0 03 18 00000007 00000000 000f4240 000f4240 00000000", DropReason.BfdInvalid)] // Up, for nobody.
    [InlineData("20 40 03 18 00000007 00000099 000f4240 000f4240 00000000", DropReason.BfdSessionUnknown)]
    [InlineData("20 44 03 1c 00000007 00000000 000f4240 000f4240 00000000 01040170", DropReason.BfdAuthenticated)]
    public void A_packet_is_taken_or_discarded_by_the_procedure(string digits, DropReason reason)
    {
        Assert.Equal(reason, _table.Receive(Hex.Bytes(digits), Local, Remote, 0, _link));
        BfdPeer peer = Peer(Remote);
        Assert.Equal(reason == DropReason.None ? 1 : 0, peer.Received);
        Assert.Equal(reason == DropReason.None ? 7u : 0u, peer.Session.RemoteDiscriminator);
        Assert.Equal(0, Peer(Other).Received);
    }

    [Fact]
    public void A_session_is_found_by_its_discriminator_and_only_from_its_own_vtep_to_its_own_address()
    {
        uint mine = Peer(Remote).Session.LocalDiscriminator;
        Assert.Equal(DropReason.None, Receive(Remote, Local, mine));
        Assert.Equal(DropReason.BfdSessionUnknown, Receive(Other, Local, mine));
        Assert.Equal(DropReason.BfdSessionUnknown, Receive(Remote, Other, mine));
        Assert.Equal(DropReason.BfdSessionUnknown, Receive(IpAddress.Parse("172.31.0.4"), Local, 0));
        Assert.Equal((1L, 0L), (Peer(Remote).Received, Peer(Other).Received));
    }

    [Fact]
    public void Every_session_sends_when_it_is_due_and_the_table_knows_when_that_is()
    {
        Assert.True(_table.NextNs < 0);
        _table.Tend(0, _link);
        Assert.Equal([Remote, Other], _link.Sent.Select(s => s.Vtep).Order());
        for (int i = 0; i < 40; i++)
        {
            long next = _table.NextNs;
            _table.Tend(next - 1, _link);
            int before = _link.Sent.Count;
            _table.Tend(next, _link);
            Assert.True(_link.Sent.Count > before);
        }

        Assert.All(_table.Peers, peer => Assert.InRange(peer.Sent, 18, 24));
    }

    [Fact]
    public void Changes_are_told_with_the_state_before()
    {
        _table.Tend(0, _link);
        Receive(Remote, Local, 0);
        _table.Tend(10_000 * Ms, _link);
        Assert.Equal(
            [(Remote, BfdState.Down, BfdState.Init), (Remote, BfdState.Init, BfdState.Down)], _link.Changes);
        Assert.Equal(10_000 * Ms, Peer(Remote).ChangedNs);
    }

    [Fact]
    public void Who_is_watched_no_longer_is_told_so_for_a_detection_time_and_forgotten()
    {
        _table.Tend(0, _link);
        _link.Sent.Clear();
        _table.Retain(peer => peer.Remote == Other, 5 * Ms, _link);
        Assert.Equal([(Remote, BfdState.AdminDown)], _link.Sent.Select(s => (s.Vtep, s.Packet.State)));
        Assert.Equal((1, 1), (_table.Count, _table.Leaving));
        Assert.Equal(DropReason.BfdSessionUnknown, Receive(Remote, Local, 0));

        // Three intervals of a second each, for that is how often it is told from then on.
        long last = 0;
        for (long now = 6 * Ms; now < 10_000 * Ms; now += Ms)
        {
            int before = Goodbyes();
            _table.Tend(now, _link);
            last = Goodbyes() > before ? now : last;
        }

        Assert.InRange(Goodbyes(), 3, 5);
        Assert.InRange(last, 2000 * Ms, 3005 * Ms);
        Assert.Equal(0, _table.Leaving);

        int Goodbyes() => _link.Sent.Count(s => s.Vtep == Remote && s.Packet.State == BfdState.AdminDown);
    }

    [Fact]
    public void Who_is_watched_again_meanwhile_hears_of_the_new_session_alone()
    {
        _table.Tend(0, _link);
        _table.Retain(peer => peer.Remote == Other, 5 * Ms, _link);
        _table.Watch(1, Local, Remote, Options);
        _link.Sent.Clear();
        for (long now = 6 * Ms; now < 10_000 * Ms; now += Ms)
        {
            _table.Tend(now, _link);
        }

        uint mine = Peer(Remote).Session.LocalDiscriminator;
        Assert.All(
            _link.Sent.Where(s => s.Vtep == Remote),
            s => Assert.Equal((BfdState.Down, mine), (s.Packet.State, s.Packet.MyDiscriminator)));
        Assert.Contains(Remote, _link.Sent.Select(s => s.Vtep));
        Assert.Equal(0, _table.Leaving);
    }

    [Fact]
    public void Who_was_never_told_anything_is_told_no_goodbye()
    {
        _table.Retain(_ => false, long.MinValue, _link);
        Assert.Empty(_link.Sent);
        Assert.Equal((0, long.MaxValue), (_table.Count, Drain()));
    }

    [Fact]
    public void Other_options_are_for_the_session_that_is_there()
    {
        BfdSession session = Peer(Remote).Session;
        _table.Watch(1, Local, Remote, Options with { Multiplier = 9 });
        Assert.Same(session, Peer(Remote).Session);
        Assert.Equal((9, 3), (session.DetectMultiplier, Peer(Other).Session.DetectMultiplier));
    }

    [Fact]
    public void A_thousand_sessions_have_numbers_of_their_own_and_ports_in_the_range_of_dynamic_ones()
    {
        for (uint i = 0; i < 1000; i++)
        {
            _table.Watch(1, Local, new Ipv4Address(0x0A00_0000 + i), Options);
        }

        uint[] numbers = [.. _table.Peers.Select(p => p.Session.LocalDiscriminator)];
        Assert.Equal(1002, numbers.Distinct().Count());
        Assert.DoesNotContain(0u, numbers);
        Assert.All(_table.Peers, peer => Assert.InRange(peer.SourcePort, 49152, 65535));
        for (long now = 0; now < 10_000 * Ms; now += Ms)
        {
            _table.Tend(now, _link);
        }

        Assert.All(_table.Peers, peer => Assert.InRange(peer.Sent, 10, 14));
    }

    [Fact]
    public void Packets_cost_no_memory()
    {
        byte[] packet = Hex.Bytes("20 40 03 18 00000007 00000000 000f4240 000f4240 00000000");
        var silent = new SilentLink();
        long now = 0;
        VxlanEngine.Tests.Allocations.AssertNone(() =>
        {
            now += 100 * Ms;
            _table.Tend(now, silent);
            _table.Receive(packet, Local, Remote, now, silent);
        });
    }

    private BfdPeer Peer(IpAddress remote) => _table.Peers.Single(p => p.Remote == remote);

    private DropReason Receive(IpAddress from, IpAddress to, uint your)
    {
        byte[] bytes = new byte[BfdPacket.Length];
        new PacketWriter(bytes).TryWrite(new BfdPacket(
            BfdState.Down, BfdDiagnostic.None, false, false, 3, 7, your, 1_000_000, 1_000_000));
        return _table.Receive(bytes, to, from, 0, _link);
    }

    private long Drain()
    {
        _table.Tend(long.MaxValue / 2, _link);
        return _table.NextNs;
    }

    private sealed class SilentLink : IBfdLink
    {
        public void Send(BfdPeer peer, in BfdPacket packet)
        {
        }

        public void Changed(BfdPeer peer, BfdState before)
        {
        }
    }

    private sealed class Link : IBfdLink
    {
        public List<(IpAddress Vtep, BfdPacket Packet)> Sent { get; } = [];

        public List<(IpAddress Vtep, BfdState Before, BfdState After)> Changes { get; } = [];

        public void Send(BfdPeer peer, in BfdPacket packet) => Sent.Add((peer.Remote, packet));

        public void Changed(BfdPeer peer, BfdState before) => Changes.Add((peer.Remote, before, peer.Session.State));
    }
}
