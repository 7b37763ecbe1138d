using VxlanEngine.Policy.Validation;

namespace VxlanEngine.Policy;

/// <summary>Finds the mistakes in a policy.</summary>
public static class PolicyValidator
{
    /// <summary>
    /// Finds every mistake in <paramref name="policy"/>; an empty list means that it can be taken into use.
    /// </summary>
    /// <remarks>
    /// Mistakes are values that cannot be, names that nothing or several things have, addresses that two stations
    /// share, conditions that can never hold and actions that do nothing. Paths are those of the policy's JSON;
    /// <see cref="PolicyError.Line"/> is 0.
    /// </remarks>
    public static IReadOnlyList<PolicyError> Validate(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var findings = new Findings();
        var index = new PolicyIndex(policy);
        new PortCheck(index, findings).Run();
        new NetworkCheck(index, findings).Run();
        new AddressSetCheck(index, findings).Run();
        new LayerCheck(index, findings).Run();
        new EncapDepthCheck(index, findings).Run();
        return findings.Errors;
    }
}
