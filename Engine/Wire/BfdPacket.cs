using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>A BFD control packet without its authentication section, 24 bytes (RFC 5880 §4.1).</summary>
/// <remarks>
/// <code>
/// |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
/// |                       My Discriminator                        |
/// |                      Your Discriminator                       |
/// |              Desired Min TX Interval, microseconds            |
/// |             Required Min RX Interval, microseconds            |
/// |           Required Min Echo RX Interval, microseconds         |
/// </code>
/// Sent: version 1, C, D and M 0, no echo.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct BfdPacket
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 24;

    /// <summary>Least length of a packet with an authentication section, in bytes (RFC 5880 §6.8.6).</summary>
    public const int MinAuthenticatedLength = 26;

    /// <summary>UDP destination port (RFC 5881 §4).</summary>
    public const ushort UdpPort = 3784;

    /// <summary>The TTL or hop limit that every packet is sent with and checked for (RFC 5881 §5).</summary>
    public const byte HopLimit = 255;

    /// <summary>The version of the protocol.</summary>
    public const byte CurrentVersion = 1;

    private const byte PollBit = 0x20;
    private const byte FinalBit = 0x10;
    private const byte AuthenticationBit = 0x04;
    private const byte DemandBit = 0x02;
    private const byte MultipointBit = 0x01;

    private readonly byte _versionAndDiagnostic;
    private readonly byte _stateAndFlags;
    private readonly byte _detectMultiplier;
    private readonly byte _packetLength;
    private readonly UInt32BE _myDiscriminator;
    private readonly UInt32BE _yourDiscriminator;
    private readonly UInt32BE _desiredMinTx;
    private readonly UInt32BE _requiredMinRx;
    private readonly UInt32BE _requiredMinEchoRx;

    /// <summary>Makes a packet.</summary>
    /// <param name="state">The sender's state.</param>
    /// <param name="diagnostic">Why the sender left the state before.</param>
    /// <param name="isPoll">P: the receiver is to answer at once.</param>
    /// <param name="isFinal">F: the answer to a poll.</param>
    /// <param name="detectMultiplier">Packets that may be missing before the session fails; not 0.</param>
    /// <param name="myDiscriminator">The sender's number for the session; not 0.</param>
    /// <param name="yourDiscriminator">The receiver's number for it; 0 while unknown.</param>
    /// <param name="desiredMinTx">Microseconds between packets that the sender would like.</param>
    /// <param name="requiredMinRx">Microseconds between packets that it can take; 0 for none at all.</param>
    public BfdPacket(
        BfdState state,
        BfdDiagnostic diagnostic,
        bool isPoll,
        bool isFinal,
        byte detectMultiplier,
        uint myDiscriminator,
        uint yourDiscriminator,
        uint desiredMinTx,
        uint requiredMinRx)
    {
        _versionAndDiagnostic = (byte)((CurrentVersion << 5) | (byte)diagnostic);
        _stateAndFlags = (byte)(((byte)state << 6) | (isPoll ? PollBit : 0) | (isFinal ? FinalBit : 0));
        _detectMultiplier = detectMultiplier;
        _packetLength = Length;
        _myDiscriminator = myDiscriminator;
        _yourDiscriminator = yourDiscriminator;
        _desiredMinTx = desiredMinTx;
        _requiredMinRx = requiredMinRx;
        _requiredMinEchoRx = 0;
    }

    private BfdPacket(in BfdPacket packet, byte sectionLength)
    {
        this = packet;
        _stateAndFlags = (byte)(packet._stateAndFlags | AuthenticationBit);
        _packetLength = (byte)(Length + sectionLength);
    }

    /// <summary>The packet with the A flag, and the length that it has with an authentication section.</summary>
    /// <param name="sectionLength">Bytes of the section, 4 to 28.</param>
    public BfdPacket WithAuthentication(byte sectionLength) => new(this, sectionLength);

    /// <summary>The version; 1 is the current one.</summary>
    public byte Version => (byte)(_versionAndDiagnostic >> 5);

    /// <summary>Why the sender left the state before.</summary>
    public BfdDiagnostic Diagnostic => (BfdDiagnostic)(_versionAndDiagnostic & 0x1F);

    /// <summary>The sender's state.</summary>
    public BfdState State => (BfdState)(_stateAndFlags >> 6);

    /// <summary>P: the receiver is to answer at once.</summary>
    public bool IsPoll => (_stateAndFlags & PollBit) != 0;

    /// <summary>F: the answer to a poll.</summary>
    public bool IsFinal => (_stateAndFlags & FinalBit) != 0;

    /// <summary>A: an authentication section follows.</summary>
    public bool IsAuthenticated => (_stateAndFlags & AuthenticationBit) != 0;

    /// <summary>D: the sender is in demand mode and wants no periodic packets.</summary>
    public bool IsDemand => (_stateAndFlags & DemandBit) != 0;

    /// <summary>M: reserved for point-to-multipoint extensions.</summary>
    public bool IsMultipoint => (_stateAndFlags & MultipointBit) != 0;

    /// <summary>Packets that may be missing before the session fails; valid from 1.</summary>
    public byte DetectMultiplier => _detectMultiplier;

    /// <summary>Bytes of the packet with its authentication section; valid from 24.</summary>
    public byte PacketLength => _packetLength;

    /// <summary>The sender's number for the session; valid from 1.</summary>
    public uint MyDiscriminator => _myDiscriminator;

    /// <summary>The receiver's number for the session; 0 while the sender does not know it.</summary>
    public uint YourDiscriminator => _yourDiscriminator;

    /// <summary>Microseconds between packets that the sender would like.</summary>
    public uint DesiredMinTx => _desiredMinTx;

    /// <summary>Microseconds between packets that the sender can take; 0 when it wants none.</summary>
    public uint RequiredMinRx => _requiredMinRx;

    /// <summary>Microseconds between echo packets that the sender can take; 0 for none.</summary>
    public uint RequiredMinEchoRx => _requiredMinEchoRx;
}
