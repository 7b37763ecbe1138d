using VxlanEngine.Tests.Frames;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Live;

/// <summary>What a VTEP may receive: whole and damaged tunnel packets, each with one thing about it.</summary>
internal sealed partial class OuterCases
{
    private static readonly Lazy<IReadOnlyList<OuterCase>> Made = new(() => new OuterCases()._cases);
    private static readonly string[] Families = [VtepC, VtepD];

    private readonly List<OuterCase> _cases = [];

    private OuterCases()
    {
        AddVxlanHeaders();
        AddTruncations();
        AddLengths();
        AddUdp();
        AddIpv4Headers();
        AddIpv6Headers();
        AddFragments();
        AddEthernet();
        AddCongestion();
        AddStations();
        AddInnerTags();
        AddInnerPackets();
    }

    public static IReadOnlyList<OuterCase> All => Made.Value;

    private void Add(string name, byte[] frame, Divergence? known = null) => Add(name, [frame], known, known);

    private void Add(string name, byte[][] frames, Divergence? byDefault, Divergence? likeLinux) =>
        _cases.Add(new OuterCase(name, frames, byDefault, likeLinux));

    private static string FamilyOf(string source) => source == VtepC ? "v4" : "v6";

    /// <summary>A frame with some bytes changed and its IPv4 header checksum made right again.</summary>
    private static byte[] Patch(byte[] frame, int offset, params byte[] bytes)
    {
        byte[] patched = [.. frame];
        bytes.CopyTo(patched, offset);
        patched[24] = 0;
        patched[25] = 0;
        int sum = FrameBuilder.InternetChecksum(patched.AsSpan(14, (patched[14] & 0xF) * 4));
        (patched[24], patched[25]) = ((byte)(sum >> 8), (byte)sum);
        return patched;
    }

    private void AddVxlanHeaders()
    {
        foreach (string source in Families)
        {
            string family = FamilyOf(source);
            Add($"{family}: nothing special", Tunnelled(Inner, source: source));
            foreach (uint vni in new uint[] { 0, 1, 5000, 5002, 0xFFFFFF })
            {
                Add($"{family}: vni {vni}", Tunnelled(Inner, vni, source));
            }

            Add($"{family}: no flags", Outer(source: source).Vxlan(VniValue, flags: 0).Payload(Inner).Build());
            Add($"{family}: every bit but I", Outer(source: source)
                .Vxlan(VniValue, flags: 0xF7FF_FFFF, reserved: 0xFF).Payload(Inner).Build());
            for (int bit = 0; bit < 64; bit++)
            {
                if (bit is 59 or (>= 8 and < 32))
                {
                    continue; // The I flag and the VNI.
                }

                ulong flag = 1UL << bit;
                byte[] frame = Outer(source: source)
                    .Vxlan(VniValue, flags: 0x0800_0000 | (uint)(flag >> 32), reserved: (byte)flag)
                    .Payload(Inner).Build();
                Add($"{family}: reserved bit {bit}", [frame], Divergence.ReservedBits, null);
            }
        }
    }

    private void AddTruncations()
    {
        foreach (string source in Families)
        {
            byte[] whole = Tunnelled(FrameBuilder.Ethernet(MacC, MacA).Payload(6).Build(), source: source);
            for (int length = 14; length < whole.Length; length++)
            {
                Add($"{FamilyOf(source)}: cut to {length} bytes", whole[..length]);
            }

            // Lengths that are right, for inner frames that are too short or just long enough.
            byte[] bare = FrameBuilder.Ethernet(MacC, MacA).Payload(4).Build();
            for (int length = 0; length <= bare.Length; length++)
            {
                Add($"{FamilyOf(source)}: inner frame of {length} bytes", Tunnelled(bare[..length], source: source));
            }
        }
    }

    private void AddLengths()
    {
        foreach (string source in Families)
        {
            string family = FamilyOf(source);
            byte[] payload = [.. Hex.Bytes("0800000000138900"), .. Inner];
            int whole = 8 + payload.Length;
            foreach (int length in new[] { 1, 7, 8, 12, 15, 16, 29, 30, whole + 1, whole + 100, 65535 })
            {
                Add($"{family}: UDP length {length}",
                    Outer(source: source).Udp(50000, 4789, length: length, checksum: source == VtepC ? 0 : null)
                        .Payload(payload).Build());
            }

            // Over IPv6 the checksum, which is that of the whole, is wrong for less.
            Add($"{family}: UDP length that cuts the inner packet",
                Outer(source: source).Udp(50000, 4789, length: whole - 1, checksum: source == VtepC ? 0 : null)
                    .Payload(payload).Build(),
                source == VtepC ? Divergence.InnerPacket : null);
            Add($"{family}: UDP length that leaves bytes behind",
                Outer(source: source).Udp(50000, 4789, length: whole, checksum: source == VtepC ? 0 : null)
                    .Payload(payload).Payload(7).Build());

            Add($"{family}: UDP length 0", Outer(source: source)
                    .Udp(50000, 4789, length: 0, checksum: source == VtepC ? 0 : null).Payload(payload).Build(),
                source == VtepC ? null : Divergence.ZeroLength);
            foreach (int padding in new[] { 1, 2, 3, 18, 64, 200 })
            {
                Add($"{family}: {padding} bytes of padding",
                    Outer(source: source).Vxlan(VniValue).Payload(Inner).Padding(padding).Build());
            }
        }

        foreach (int length in new[] { 0, 1, 19, 20, 27, 28, 35, 36, 49, 50, 51, 1500, 65535 })
        {
            Add($"v4: total length {length}", FrameBuilder.Ethernet(MacVtepC, MacUplink)
                .Ipv4(VtepC, Vtep, totalLength: length).Vxlan(VniValue).Payload(Inner).Build());
        }

        foreach (int length in new[] { 0, 1, 7, 8, 15, 16, 29, 30, 31, 1460, 65535 })
        {
            Add($"v6: payload length {length}", FrameBuilder.Ethernet(MacVtepD, MacUplink)
                .Ipv6(VtepD, Vtep6, payloadLength: length).Vxlan(VniValue).Payload(Inner).Build());
        }
    }

    private void AddUdp()
    {
        byte[] payload = [.. Hex.Bytes("0800000000138900"), .. Inner];
        foreach (string source in Families)
        {
            string family = FamilyOf(source);
            foreach (int? checksum in new int?[] { 0, null, 1, 0xDEAD, 0xFFFF })
            {
                string what = checksum is { } value ? $"{value:x4}" : "that is right";
                Add($"{family}: UDP checksum {what}",
                    Outer(source: source).Udp(50000, 4789, checksum: checksum).Payload(payload).Build());
            }

            foreach (int bit in new[] { 0, 7, 400, 480 })
            {
                byte[] damaged = Outer(source: source).Udp(50000, 4789).Payload(payload).Build();
                damaged[^(1 + (bit / 8))] ^= (byte)(1 << (bit % 8));
                Add($"{family}: bit {bit} from the end flipped under a UDP checksum", damaged);
            }

            foreach (int port in new[] { 0, 1, 4788, 4790, 8472, 65535 })
            {
                Add($"{family}: UDP port {port}", Outer(source: source)
                    .Udp(50000, port, checksum: source == VtepC ? 0 : null).Payload(payload).Build());
            }

            foreach (int port in new[] { 0, 1, 1023, 4789, 65535 })
            {
                Add($"{family}: UDP source port {port}", Outer(source: source)
                    .Udp(port, 4789, checksum: source == VtepC ? 0 : null).Payload(payload).Build());
            }
        }
    }
}
