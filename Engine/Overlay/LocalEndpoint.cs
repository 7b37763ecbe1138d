using VxlanEngine.Policy;

namespace VxlanEngine.Overlay;

/// <summary>An endpoint port of this switch, for the mapping space of its network.</summary>
/// <param name="Index">Index of the port.</param>
/// <param name="Port">Its definition.</param>
public readonly record struct LocalEndpoint(int Index, Port Port);
