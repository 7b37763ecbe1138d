namespace VxlanEngine.Policy.Validation;

/// <summary>The Internet Protocols that a condition leaves possible.</summary>
[Flags]
internal enum Families
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>IPv4.</summary>
    V4 = 1,

    /// <summary>IPv6.</summary>
    V6 = 2,

    /// <summary>Both.</summary>
    Any = V4 | V6,
}
