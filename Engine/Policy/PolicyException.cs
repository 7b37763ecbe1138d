using System.Text;

namespace VxlanEngine.Policy;

/// <summary>A policy was refused; every mistake found is in <see cref="Errors"/>.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="source">Name of the file, or null when the policy did not come from one.</param>
    /// <param name="errors">The mistakes, at least one.</param>
    public PolicyException(string? source, IReadOnlyList<PolicyError> errors)
        : base(Describe(source, errors))
    {
        PolicySource = source;
        Errors = errors;
    }

    /// <summary>Name of the file, or null when the policy did not come from one.</summary>
    public string? PolicySource { get; }

    /// <summary>The mistakes, in the order of the file.</summary>
    public IReadOnlyList<PolicyError> Errors { get; }

    private static string Describe(string? source, IReadOnlyList<PolicyError> errors)
    {
        var text = new StringBuilder();
        foreach (PolicyError error in errors)
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(source ?? "policy");
            if (error.Line > 0)
            {
                text.Append(':').Append(error.Line);
            }

            text.Append(": ").Append(error.Path).Append(": ").Append(error.Message);
        }

        return text.ToString();
    }
}
