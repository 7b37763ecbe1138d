using VxlanEngine.Packets;

namespace VxlanEngine.Classification;

/// <summary>A field below or around IP, and its value.</summary>
internal readonly record struct LinkKey(LinkField Field, ulong Value)
{
    /// <summary>The value of a field in a packet.</summary>
    public static ulong Read(LinkField field, in PacketFacts facts) => field switch
    {
        LinkField.DestinationMac => facts.Packet.DestinationMac.Value,
        LinkField.SourceMac => facts.Packet.SourceMac.Value,
        LinkField.Vni => facts.Vni,
        LinkField.Vlan => facts.Packet.VlanId,
        _ => 0,
    };
}
