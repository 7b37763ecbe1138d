using System.Buffers;
using System.Globalization;
using System.Text;

namespace VxlanEngine.Policy;

/// <summary>A secret that both ends of BFD sessions have.</summary>
public sealed record BfdKey
{
    private const string HexPrefix = "0x";

    /// <summary>The number that packets name the key by; unique among the keys of an uplink.</summary>
    public required byte Id { get; init; }

    /// <summary>
    /// The secret: printable ASCII characters, or <c>0x</c> and two hexadecimal digits a byte. As many bytes as
    /// <see cref="BfdAuthentication.MaxKeyLength"/> at most.
    /// </summary>
    public required string Secret { get; init; }

    /// <summary>The secret's bytes; false when <see cref="Secret"/> is of neither form, or empty.</summary>
    internal bool TryGetBytes(out byte[] bytes)
    {
        bytes = [];
        if (!Secret.StartsWith(HexPrefix, StringComparison.Ordinal))
        {
            bool isText = Secret.Length > 0 && !Secret.AsSpan().ContainsAnyExceptInRange(' ', '~');
            bytes = isText ? Encoding.ASCII.GetBytes(Secret) : [];
            return isText;
        }

        ReadOnlySpan<char> digits = Secret.AsSpan(HexPrefix.Length);
        bytes = new byte[digits.Length / 2];
        return bytes.Length > 0
            && Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done;
    }

    /// <summary>The key by its number; never the secret.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"key {Id}");
}
