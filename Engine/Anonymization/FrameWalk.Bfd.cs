using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>BFD control packets.</content>
internal ref partial struct FrameWalk
{
    /// <summary>
    /// Keeps states, intervals and numbers without a meaning; of an authentication section, all but its password or
    /// digest.
    /// </summary>
    private void Bfd(int at, int end)
    {
        Keep(at, Math.Min(end - at, BfdPacket.Length));
        if (!MemoryMarshal.TryRead(_in[at..end], out BfdPacket packet)
            || !packet.IsAuthenticated
            || packet.PacketLength < BfdPacket.Length + BfdAuthenticationHeader.Length
            || !Fits(at, packet.PacketLength, end))
        {
            return;
        }

        int section = at + BfdPacket.Length;
        bool hasPassword = MemoryMarshal.Read<BfdAuthenticationHeader>(_in[section..]).Type
            == BfdAuthenticationType.SimplePassword;
        int known = hasPassword ? BfdAuthenticationHeader.Length : BfdDigestHeader.Length;
        Keep(section, Math.Min(known, packet.PacketLength - BfdPacket.Length));
        if (_signer.TrySign(_in.Slice(at, packet.PacketLength), _out.Slice(at, packet.PacketLength)))
        {
            NoteKept(at + packet.PacketLength);
        }
    }
}
