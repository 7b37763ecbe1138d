using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Frames;

/// <summary>Authenticates BFD packets beside the engine: bytes, not its structs (RFC 5880 §4.2 to §4.4).</summary>
internal static class BfdProof
{
    /// <summary>A packet of 24 bytes with its authentication section.</summary>
    public static byte[] Signed(
        ReadOnlySpan<byte> packet, BfdAuthenticationType type, byte id, string secret, uint sequence = 0) =>
        Signed(packet, type, id, Encoding.ASCII.GetBytes(secret), sequence);

    /// <inheritdoc cref="Signed(ReadOnlySpan{byte}, BfdAuthenticationType, byte, string, uint)"/>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 5880 §6.7.4 asks for SHA-1.")]
    [SuppressMessage("Security", "CA5351", Justification = "RFC 5880 §6.7.3 asks for MD5.")]
    public static byte[] Signed(
        ReadOnlySpan<byte> packet, BfdAuthenticationType type, byte id, byte[] key, uint sequence)
    {
        bool isMd5 = type is BfdAuthenticationType.KeyedMd5 or BfdAuthenticationType.MeticulousKeyedMd5;
        byte[] number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, sequence);
        if (type != BfdAuthenticationType.SimplePassword)
        {
            Array.Resize(ref key, isMd5 ? 16 : 20);
        }

        byte[] section = type == BfdAuthenticationType.SimplePassword
            ? [1, (byte)(3 + key.Length), id, .. key]
            : [(byte)type, (byte)(8 + key.Length), id, 0, .. number, .. key];
        byte[] bytes = [.. packet, .. section];
        bytes[1] |= 0x04;
        bytes[3] = (byte)bytes.Length;
        if (type != BfdAuthenticationType.SimplePassword)
        {
            byte[] digest = isMd5 ? MD5.HashData(bytes) : SHA1.HashData(bytes);
            digest.CopyTo(bytes, bytes.Length - digest.Length);
        }

        return bytes;
    }
}
