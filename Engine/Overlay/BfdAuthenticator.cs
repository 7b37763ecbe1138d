using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Authenticates the packets of one BFD session, sent and received (RFC 5880 §6.7).</summary>
/// <remarks>
/// The sequence numbers are the session's and outlive other keys and types. What is received moves them only once its
/// digest is right, so that nobody without a key can. Thread: the worker's.
/// </remarks>
/// <param name="sequence">bfd.XmitAuthSeq: a random number.</param>
internal sealed class BfdAuthenticator(uint sequence)
{
    /// <summary>Bytes of the longest packet with its section.</summary>
    public const int MaxLength = BfdPacket.Length + BfdDigestHeader.Length + Sha1Length;

    private const int Md5Length = 16;
    private const int Sha1Length = 20;

    // RFC 5880 §6.7.3, §6.7.4: how far ahead a sequence number may be, in the Detect Mult received.
    private const uint Window = 3;

    private (byte Id, byte[] Secret)[] _keys = [];
    private uint _sequence = sequence;
    private BfdPacket _last;
    private bool _hasSent;
    private uint _received;
    private bool _isReceivedKnown;
    private long _receivedNs;

    /// <summary>How packets are authenticated.</summary>
    public BfdAuthenticationType Type { get; private set; }

    private bool IsMeticulous =>
        Type is BfdAuthenticationType.MeticulousKeyedMd5 or BfdAuthenticationType.MeticulousKeyedSha1;

    private int DigestLength =>
        Type is BfdAuthenticationType.KeyedMd5 or BfdAuthenticationType.MeticulousKeyedMd5 ? Md5Length : Sha1Length;

    /// <summary>Takes other keys; null for no authentication at all.</summary>
    public void Configure(BfdAuthentication? authentication)
    {
        Type = authentication?.Type ?? BfdAuthenticationType.None;
        _keys = [.. (authentication?.Keys ?? []).Select(key => (key.Id, Padded(key)))];
    }

    /// <summary>Writes a packet, with the section that it has.</summary>
    /// <param name="packet">The packet, without section.</param>
    /// <param name="bytes">Receives it; at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the packet.</returns>
    public int Write(in BfdPacket packet, Span<byte> bytes)
    {
        if (Type == BfdAuthenticationType.None)
        {
            MemoryMarshal.Write(bytes, packet);
            return BfdPacket.Length;
        }

        (byte id, byte[] secret) = _keys[0];
        int header = Type == BfdAuthenticationType.SimplePassword
            ? BfdAuthenticationHeader.Length
            : BfdDigestHeader.Length;
        int length = BfdPacket.Length + header + secret.Length;
        byte section = (byte)(header + secret.Length);
        MemoryMarshal.Write(bytes, packet.WithAuthentication(section));
        var common = new BfdAuthenticationHeader(Type, section, id);
        if (Type == BfdAuthenticationType.SimplePassword)
        {
            MemoryMarshal.Write(bytes[BfdPacket.Length..], common);
        }
        else
        {
            Advance(packet);
            MemoryMarshal.Write(bytes[BfdPacket.Length..], new BfdDigestHeader(common, _sequence));
        }

        Sign(bytes[..length]);
        return length;
    }

    /// <summary>Puts the password or digest into a packet that is whole but for it, by the key that it names.</summary>
    /// <param name="bytes">The packet; its section is one of the type, with a key that is known.</param>
    public void Sign(Span<byte> bytes)
    {
        byte[] secret = FindKey(MemoryMarshal.Read<BfdAuthenticationHeader>(bytes[BfdPacket.Length..]).KeyId)!;
        Span<byte> proof = bytes[^secret.Length..];
        secret.CopyTo(proof);
        if (Type != BfdAuthenticationType.SimplePassword)
        {
            Span<byte> digest = stackalloc byte[Sha1Length];
            Digest(bytes, digest);
            digest[..secret.Length].CopyTo(proof);
        }
    }

    /// <summary>Checks a received packet.</summary>
    /// <param name="bytes">The packet, as long as it says.</param>
    /// <param name="packet">The same.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="detectionNs">The session's detection time.</param>
    /// <returns>Why it is discarded (RFC 5880 §6.8.6), or none.</returns>
    public DropReason Check(ReadOnlySpan<byte> bytes, in BfdPacket packet, long nowNs, long detectionNs)
    {
        if (!packet.IsAuthenticated || Type == BfdAuthenticationType.None)
        {
            return packet.IsAuthenticated ? DropReason.BfdAuthenticated
                : Type != BfdAuthenticationType.None ? DropReason.BfdNotAuthenticated
                : DropReason.None;
        }

        ReadOnlySpan<byte> section = bytes[BfdPacket.Length..];
        if (!MemoryMarshal.TryRead(section, out BfdAuthenticationHeader header)
            || header.Type != Type
            || header.SectionLength != section.Length
            || FindKey(header.KeyId) is not byte[] secret)
        {
            return DropReason.BfdAuthenticationFailed;
        }

        if (Type == BfdAuthenticationType.SimplePassword)
        {
            return CryptographicOperations.FixedTimeEquals(section[BfdAuthenticationHeader.Length..], secret)
                ? DropReason.None
                : DropReason.BfdAuthenticationFailed;
        }

        return CheckDigest(bytes, packet.DetectMultiplier, secret, nowNs, detectionNs);
    }

    private DropReason CheckDigest(
        ReadOnlySpan<byte> bytes, byte multiplier, byte[] secret, long nowNs, long detectionNs)
    {
        const int DigestAt = BfdPacket.Length + BfdDigestHeader.Length;
        if (bytes.Length != DigestAt + secret.Length)
        {
            return DropReason.BfdAuthenticationFailed;
        }

        // RFC 5880 §6.8.1: whoever was silent for twice the detection time may have begun anew.
        uint number = MemoryMarshal.Read<BfdDigestHeader>(bytes[BfdPacket.Length..]).Sequence;
        _isReceivedKnown &= nowNs - _receivedNs < 2 * detectionNs;
        uint ahead = number - _received;
        if (_isReceivedKnown && (ahead > Window * multiplier || (IsMeticulous && ahead == 0)))
        {
            return DropReason.BfdSequenceInvalid;
        }

        Span<byte> keyed = stackalloc byte[MaxLength];
        keyed = keyed[..bytes.Length];
        bytes[..DigestAt].CopyTo(keyed);
        secret.CopyTo(keyed[DigestAt..]);
        Span<byte> digest = stackalloc byte[Sha1Length];
        Digest(keyed, digest);
        if (!CryptographicOperations.FixedTimeEquals(bytes[DigestAt..], digest[..secret.Length]))
        {
            return DropReason.BfdAuthenticationFailed;
        }

        (_received, _isReceivedKnown, _receivedNs) = (number, true, nowNs);
        return DropReason.None;
    }

    // RFC 5880 §6.7.3: by one for each packet; where numbers may repeat, for each that says something else.
    private void Advance(in BfdPacket packet)
    {
        bool isRepeated = MemoryMarshal.AsBytes(new ReadOnlySpan<BfdPacket>(in packet))
            .SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<BfdPacket>(in _last)));
        if (_hasSent && (IsMeticulous || !isRepeated))
        {
            _sequence++;
        }

        (_last, _hasSent) = (packet, true);
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 5880 §6.7.4 asks for SHA-1.")]
    [SuppressMessage("Security", "CA5351", Justification = "RFC 5880 §6.7.3 asks for MD5.")]
    private void Digest(ReadOnlySpan<byte> keyed, Span<byte> digest)
    {
        if (DigestLength == Md5Length)
        {
            MD5.HashData(keyed, digest);
        }
        else
        {
            SHA1.HashData(keyed, digest);
        }
    }

    private byte[]? FindKey(byte id)
    {
        foreach ((byte known, byte[] secret) in _keys)
        {
            if (known == id)
            {
                return secret;
            }
        }

        return null;
    }

    // RFC 5880 §4.3, §4.4: a key that is too short has zeros behind it; a password is as long as it is.
    private byte[] Padded(BfdKey key)
    {
        key.TryGetBytes(out byte[] secret);
        if (Type != BfdAuthenticationType.SimplePassword)
        {
            Array.Resize(ref secret, DigestLength);
        }

        return secret;
    }
}
