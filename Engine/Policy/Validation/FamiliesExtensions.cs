using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Sets of families.</summary>
internal static class FamiliesExtensions
{
    public static Families ToSet(this IpFamily family) => family switch
    {
        IpFamily.V4 => Families.V4,
        IpFamily.V6 => Families.V6,
        _ => Families.None,
    };

    public static string ToText(this IpFamily family) => family == IpFamily.V4 ? "IPv4" : "IPv6";
}
