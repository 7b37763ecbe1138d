using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The two ports that TCP, UDP and SCTP headers all begin with, 4 bytes.</summary>
/// <remarks>
/// <code>
/// |          Source port          |       Destination port        |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TransportPorts
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 4;

    private UInt16BE _source;
    private UInt16BE _destination;

    /// <summary>Makes a pair of ports.</summary>
    public TransportPorts(ushort source, ushort destination)
    {
        _source = source;
        _destination = destination;
    }

    /// <summary>Source port.</summary>
    public ushort Source
    {
        readonly get => _source;
        set => _source = value;
    }

    /// <summary>Destination port.</summary>
    public ushort Destination
    {
        readonly get => _destination;
        set => _destination = value;
    }
}
