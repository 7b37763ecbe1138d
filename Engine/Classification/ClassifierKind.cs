namespace VxlanEngine.Classification;

/// <summary>How the rules of layers are looked up; what they decide does not depend on it.</summary>
public enum ClassifierKind
{
    /// <summary><see cref="CompiledClassifier"/>: quick at any number of rules.</summary>
    Compiled,

    /// <summary><see cref="LinearClassifier"/>: rule by rule, the oracle.</summary>
    Linear,
}
