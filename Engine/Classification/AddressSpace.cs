using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>A set of addresses of both families; addresses are the numbers they are in host order.</summary>
internal sealed class AddressSpace(IntervalSet<uint> v4, IntervalSet<UInt128> v6)
{
    /// <summary>Every address.</summary>
    public static AddressSpace All { get; } = new(IntervalSet<uint>.All, IntervalSet<UInt128>.All);

    /// <summary>No address.</summary>
    public static AddressSpace Empty { get; } = new(IntervalSet<uint>.Empty, IntervalSet<UInt128>.Empty);

    public IntervalSet<uint> V4 { get; } = v4;

    public IntervalSet<UInt128> V6 { get; } = v6;

    /// <summary>False for no address, whatever the set.</summary>
    public bool Contains(IpAddress address) => address.Family switch
    {
        IpFamily.V4 => V4.Contains((uint)address.Low),
        IpFamily.V6 => V6.Contains(Number(address)),
        _ => false,
    };

    public AddressSpace Intersect(AddressSpace other) =>
        ReferenceEquals(this, All) ? other
        : ReferenceEquals(other, All) ? this
        : new AddressSpace(V4.Intersect(other.V4), V6.Intersect(other.V6));

    public bool SetEquals(AddressSpace other) => V4.SetEquals(other.V4) && V6.SetEquals(other.V6);

    /// <summary>An IPv6 address as a number.</summary>
    public static UInt128 Number(IpAddress address) => new(address.High, address.Low);
}
