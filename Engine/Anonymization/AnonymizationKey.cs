using System.Security.Cryptography;
using System.Text;

namespace VxlanEngine.Anonymization;

/// <summary>The secret that decides how addresses are mapped: the same key maps alike anywhere.</summary>
/// <remarks>Who has it can map candidates, and so undo the anonymisation.</remarks>
public sealed class AnonymizationKey
{
    private const int Length = 32;
    private const int Rounds = 100_000;

    private static readonly byte[] Salt = "VxlanEngine anonymization"u8.ToArray();

    private readonly byte[] _secret;

    private AnonymizationKey(byte[] secret) => _secret = secret;

    /// <summary>Makes a random key.</summary>
    public static AnonymizationKey CreateRandom() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Reads a key from 64 hexadecimal digits, or derives one from any other text, a passphrase.</summary>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static AnonymizationKey Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        bool isHex = text.Length == 2 * Length && text.All(char.IsAsciiHexDigit);
        return new AnonymizationKey(isHex
            ? Convert.FromHexString(text)
            : Rfc2898DeriveBytes.Pbkdf2(text, Salt, Rounds, HashAlgorithmName.SHA256, Length));
    }

    /// <summary>A key for one permutation, independent of those for other purposes (RFC 5869).</summary>
    internal byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, 16, info: Encoding.UTF8.GetBytes(purpose));
}
