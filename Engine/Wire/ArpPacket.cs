using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>An ARP packet for IPv4 over Ethernet, 28 bytes (RFC 826).</summary>
/// <remarks>
/// <code>
/// |      Hardware type = 1        |    Protocol type = 0x0800     |
/// |  HW len = 6   |  P len = 4    |           Operation           |
/// |             Sender hardware address (48 bits)                 |
/// |             Sender protocol address (32 bits)                 |
/// |             Target hardware address (48 bits)                 |
/// |             Target protocol address (32 bits)                 |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct ArpPacket
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 28;

    private const ushort EthernetHardware = 1;

    private readonly UInt16BE _hardwareType;
    private readonly UInt16BE _protocolType;
    private readonly byte _hardwareLength;
    private readonly byte _protocolLength;
    private readonly UInt16BE _operation;
    private readonly MacAddress _senderMac;
    private readonly Ipv4Address _sender;
    private readonly MacAddress _targetMac;
    private readonly Ipv4Address _target;

    /// <summary>Makes a packet for Ethernet and IPv4.</summary>
    public ArpPacket(
        ArpOperation operation,
        MacAddress senderMac,
        Ipv4Address sender,
        MacAddress targetMac,
        Ipv4Address target)
    {
        _hardwareType = EthernetHardware;
        _protocolType = (ushort)EtherType.Ipv4;
        _hardwareLength = MacAddress.Length;
        _protocolLength = Ipv4Address.Length;
        _operation = (ushort)operation;
        _senderMac = senderMac;
        _sender = sender;
        _targetMac = targetMac;
        _target = target;
    }

    /// <summary>
    /// True when the packet is for Ethernet and IPv4: only then do the other fields stand where they are read.
    /// </summary>
    public bool IsEthernetIpv4 =>
        _hardwareType == EthernetHardware
        && _protocolType == (ushort)EtherType.Ipv4
        && _hardwareLength == MacAddress.Length
        && _protocolLength == Ipv4Address.Length;

    /// <summary>Request, reply, or a number that neither is.</summary>
    public ArpOperation Operation => (ArpOperation)_operation.Value;

    /// <summary>The sender's MAC address.</summary>
    public MacAddress SenderMac => _senderMac;

    /// <summary>The sender's IPv4 address; 0.0.0.0 in a probe (RFC 5227).</summary>
    public Ipv4Address Sender => _sender;

    /// <summary>The target's MAC address; meaningless in a request.</summary>
    public MacAddress TargetMac => _targetMac;

    /// <summary>The address asked for, or the address of who asked.</summary>
    public Ipv4Address Target => _target;

    /// <summary>The reply to this request: <paramref name="mac"/> has the address asked for.</summary>
    /// <param name="mac">The MAC address to answer with.</param>
    public ArpPacket Reply(MacAddress mac) => new(ArpOperation.Reply, mac, Target, SenderMac, Sender);
}
