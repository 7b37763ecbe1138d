namespace VxlanEngine.Policy;

/// <summary>Which way a packet crosses the layers of a port.</summary>
public enum Direction : byte
{
    /// <summary>From the endpoints towards the underlay; layers in ascending priority.</summary>
    Out,

    /// <summary>From the underlay towards the endpoints; layers in descending priority.</summary>
    In,
}
