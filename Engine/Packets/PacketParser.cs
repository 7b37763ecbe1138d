namespace VxlanEngine.Packets;

/// <summary>Finds and checks the headers of Ethernet frames and IP packets.</summary>
public static class PacketParser
{
    /// <summary>The most VLAN tags the parser follows in one frame.</summary>
    public const int MaxVlanTags = 3;
}
