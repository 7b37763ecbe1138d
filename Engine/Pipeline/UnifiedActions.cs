using System.Runtime.InteropServices;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>The actions that unified flows share, each once, and the counts that hits leave in them.</summary>
/// <remarks>
/// A fixed number of places, filled in turn: when all are taken the oldest action gives way, and what refers to it
/// finds another number in its place. Thread: the worker's.
/// </remarks>
internal sealed class UnifiedActions : IDisposable
{
    /// <summary>Number of places, a power of two.</summary>
    public const int Capacity = 1 << 14;

    private readonly NativeBlock<UnifiedAction> _actions = new(Capacity);
    private UnifiedRecipe[] _recipes = new UnifiedRecipe[64];
    private readonly Dictionary<UnifiedRecipe, uint> _numbers = [];
    private uint _last;

    /// <summary>All places: action <c>n</c> is in place <c>n % Capacity</c>, if it is still there.</summary>
    public NativeBlock<UnifiedAction> Places => _actions;

    /// <summary>Finds the action for a recipe, or makes it.</summary>
    /// <param name="recipe">What it does.</param>
    /// <param name="mtu">Longest IP packet that the egress port takes.</param>
    /// <param name="capacity">Longest frame, outer headers included, that a buffer holds.</param>
    /// <param name="counters">Where counts go when an action gives way.</param>
    /// <returns>Its number.</returns>
    public uint Take(
        in UnifiedRecipe recipe, int mtu, int capacity, Func<int, PortCounters> counters)
    {
        if (_numbers.TryGetValue(recipe, out uint id))
        {
            return id;
        }

        _last = _last == uint.MaxValue ? 1 : _last + 1;
        int place = (int)(_last % Capacity);
        Settle(place, counters);
        if (_actions[place].Id != 0)
        {
            _numbers.Remove(_recipes[place]);
        }

        if (place >= _recipes.Length)
        {
            Array.Resize(ref _recipes, Math.Min(Capacity, 2 * place));
        }

        _recipes[place] = recipe;
        _numbers[recipe] = _last;
        Fill(ref _actions[place], _last, recipe, mtu, capacity);
        return _last;
    }

    /// <summary>Counts a packet for an action's rules alone: they let it pass, but its egress port did not.</summary>
    public void CountRules(uint id) => CountRules((int)(id % Capacity), 1);

    /// <summary>Lets go of an older policy's actions, and with them of its rules. Its counts are settled.</summary>
    public void Forget()
    {
        foreach (uint id in _numbers.Values)
        {
            _actions[(int)(id % Capacity)] = default;
        }

        _numbers.Clear();
        Array.Clear(_recipes);
    }

    /// <summary>Adds what hits have left in the actions to the counters of ports and rules.</summary>
    public void Settle(Func<int, PortCounters> counters)
    {
        for (int i = 0; i < Capacity; i++)
        {
            Settle(i, counters);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _actions.Dispose();

    private void Settle(int place, Func<int, PortCounters> counters)
    {
        ref UnifiedAction action = ref _actions[place];
        long packets = action.Packets;
        if (packets == 0)
        {
            return;
        }

        action.Packets = 0;
        PortCounters ingress = counters(action.Ingress);
        ingress.Received += packets;
        ingress.Forwarded += packets;
        counters(action.Egress).Sent += packets;
        CountRules(place, packets);
    }

    private void CountRules(int place, long packets)
    {
        ref readonly UnifiedRecipe recipe = ref _recipes[place];
        foreach (BoundRule? rule in ((ReadOnlySpan<BoundRule?>)recipe.Rules)[..recipe.RuleCount])
        {
            rule!.Counter.Packets += packets;
        }
    }

    private static void Fill(
        ref UnifiedAction action, uint id, in UnifiedRecipe recipe, int mtu, int capacity)
    {
        action = default;
        action.Id = id;
        action.Ingress = (ushort)recipe.Ingress;
        action.Egress = (ushort)recipe.Egress;
        action.Steps = recipe.Steps | (recipe.Hops > 0 ? UnifiedSteps.TakeHops : UnifiedSteps.None);
        action.TrafficClass = recipe.TrafficClass;
        action.Hops = recipe.Hops;
        Span<byte> macs = stackalloc byte[2 * MacAddress.Length];
        MemoryMarshal.Write(macs, recipe.Destination);
        MemoryMarshal.Write(macs[MacAddress.Length..], recipe.Source);
        action.MacsLow = MemoryMarshal.Read<ulong>(macs);
        action.MacsHigh = MemoryMarshal.Read<uint>(macs[sizeof(ulong)..]);
        action.MaxLength = Math.Min(mtu + EthernetHeader.Length, capacity);
        if (recipe.Push is null)
        {
            return;
        }

        ReadOnlySpan<byte> header = recipe.Push.Header;
        action.HeaderLength = (byte)header.Length;
        bool isShort = header.Length <= UnifiedAction.ShortRoom;
        action.Room = (byte)(isShort ? UnifiedAction.ShortRoom : UnifiedAction.HeaderRoom);
        action.MaxLength = Math.Min(mtu + recipe.Push.LinkLength, capacity) - header.Length;
        Span<byte> room = ((Span<byte>)action.Header)[^header.Length..];
        header.CopyTo(room);
        action.PseudoSum = Checksum.PseudoHeader(recipe.Push.Local, recipe.Push.Remote, IpProtocol.Udp, 0);
        byte outerClass = VxlanEncapsulation.OuterTrafficClass(recipe.Push.Options, recipe.TrafficClass);
        Span<byte> ip = room[recipe.Push.LinkLength..];
        if (recipe.Push.Remote.Family == IpFamily.V6)
        {
            action.Steps |= UnifiedSteps.LongHeader;
            MemoryMarshal.AsRef<Ipv6Header>(ip).TrafficClass = outerClass;
            return;
        }

        ref Ipv4Header outer = ref MemoryMarshal.AsRef<Ipv4Header>(ip);
        outer.ReplaceTrafficClass(outerClass);
        if (recipe.OuterMayFragment)
        {
            action.Steps |= UnifiedSteps.Identify;
            outer.ReplaceDontFragment(false);
        }

        // The checksum's place counts as 0.
        ip.Slice(10, 2).Clear();
        action.HeaderSum = Checksum.Sum(ip[..Ipv4Header.Length]);
    }
}
