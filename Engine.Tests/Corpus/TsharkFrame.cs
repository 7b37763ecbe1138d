using System.Globalization;

namespace VxlanEngine.Tests.Corpus;

/// <summary>
/// One packet as tshark decodes it: its layers in order, and the values of each field over all of them.
/// </summary>
internal sealed class TsharkFrame
{
    private readonly Dictionary<string, string[]> _values = [];

    public TsharkFrame(string[] fields, string[] row)
    {
        for (int i = 0; i < fields.Length; i++)
        {
            string cell = i < row.Length ? row[i] : string.Empty;
            _values[fields[i]] = cell.Length == 0 ? [] : cell.Split(',');
        }

        Layers = [.. string.Concat(All("frame.protocols")).Split(':').Where(l => l is not "ethertype")];
    }

    /// <summary>The protocols from the outermost on.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>True when fewer bytes were captured than were on the wire.</summary>
    public bool IsCut => Number("frame.cap_len") < Number("frame.len");

    /// <summary>True for a frame of a capture whose link type is Ethernet.</summary>
    public bool IsEthernet => All("frame.encap_type") is ["1"];

    /// <summary>True when there is a VXLAN header anywhere in the packet.</summary>
    public bool IsVxlan => All("vxlan.vni").Length > 0;

    /// <summary>What is behind the outermost UDP header.</summary>
    public byte[] UdpPayload => Convert.FromHexString(All("udp.payload")[0]);

    /// <summary>All values of a field, from the outermost on.</summary>
    public string[] All(string field) => _values[field];

    /// <summary>A field's value in its n-th layer; null where tshark shows none.</summary>
    public string? Text(string field, int n = 0) => n < All(field).Length ? All(field)[n] : null;

    /// <summary>A field's value in its n-th layer as a number, written with 0x or not.</summary>
    public uint? Number(string field, int n = 0) => Text(field, n) switch
    {
        null => null,
        "True" => 1,
        "False" => 0,
        string hex when hex.StartsWith("0x", StringComparison.Ordinal) =>
            uint.Parse(hex.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        string text => uint.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>How many layers before one have its name: the layer's place among a field's values.</summary>
    public int Ordinal(int layer) => Layers.Take(layer).Count(l => l == Layers[layer]);
}
