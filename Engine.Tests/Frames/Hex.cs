namespace VxlanEngine.Tests.Frames;

/// <summary>Bytes written as hexadecimal digits, with white space wherever it helps to read them.</summary>
public static class Hex
{
    public static byte[] Bytes(string digits) =>
        Convert.FromHexString(string.Concat(digits.Where(c => !char.IsWhiteSpace(c))));

    public static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
