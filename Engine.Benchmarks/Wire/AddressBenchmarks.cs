using BenchmarkDotNet.Attributes;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Wire;

/// <summary>How much do the comparisons of addresses cost that policy and forwarding make for each packet?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class AddressBenchmarks
{
    private const int Count = 256;

    private readonly IpAddress[] _ipv4 = new IpAddress[Count];
    private readonly IpAddress[] _ipv6 = new IpAddress[Count];
    private readonly MacAddress[] _macs = new MacAddress[Count];
    private IpPrefix _ipv4Prefix;
    private IpPrefix _ipv6Prefix;
    private MacAddress _mac;

    /// <summary>Makes addresses of which about half lie in the prefixes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(7348);
        _ipv4Prefix = IpPrefix.Parse("10.1.0.0/16");
        _ipv6Prefix = IpPrefix.Parse("fd00:1::/32");
        _mac = new MacAddress(0x0242_0A00_0105);
        for (int i = 0; i < Count; i++)
        {
            uint second = (uint)random.Next(2);
            uint low = (uint)random.Next();
            _ipv4[i] = new Ipv4Address(0x0A00_0000 | (second << 16) | (low & 0xFFFF));
            _ipv6[i] = new Ipv6Address(0xFD00_0000_0000_0000 | ((ulong)second << 32), low);
            _macs[i] = random.Next(2) == 0 ? _mac : new MacAddress(low);
        }
    }

    /// <summary>An IPv4 prefix against an address.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Ipv4PrefixContains() => CountIn(_ipv4Prefix, _ipv4);

    /// <summary>An IPv6 prefix against an address.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Ipv6PrefixContains() => CountIn(_ipv6Prefix, _ipv6);

    /// <summary>A MAC address against another.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int MacEquals()
    {
        int equal = 0;
        foreach (MacAddress mac in _macs)
        {
            equal += mac == _mac ? 1 : 0;
        }

        return equal;
    }

    private static int CountIn(IpPrefix prefix, IpAddress[] addresses)
    {
        int inside = 0;
        foreach (IpAddress address in addresses)
        {
            inside += prefix.Contains(address) ? 1 : 0;
        }

        return inside;
    }
}
