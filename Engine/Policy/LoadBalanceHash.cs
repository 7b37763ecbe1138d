namespace VxlanEngine.Policy;

/// <summary>Which fields of a flow choose the backend.</summary>
public enum LoadBalanceHash : byte
{
    /// <summary>Addresses, protocol and ports.</summary>
    FiveTuple,

    /// <summary>Source address and protocol.</summary>
    SourceAddressProtocol,

    /// <summary>Source address.</summary>
    SourceAddress,
}
