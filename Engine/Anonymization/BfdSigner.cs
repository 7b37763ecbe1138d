using System.Runtime.InteropServices;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>Authenticates anonymous BFD packets whose originals were rightly authenticated.</summary>
internal sealed class BfdSigner(IEnumerable<BfdAuthentication> authentications)
{
    private readonly (BfdAuthenticator Original, BfdAuthenticator Anonymous)[] _pairs =
        [.. authentications.Distinct().Select(a => (Of(a), Of(Anonymous(a))))];

    /// <summary>The same with keys that are no secrets, each as long as the original.</summary>
    public static BfdAuthentication Anonymous(BfdAuthentication authentication) => authentication with
    {
        Keys = authentication.Keys.Select(key => key with { Secret = Secret(key) }).ToValueArray(),
    };

    /// <summary>Authenticates a packet with the anonymous key of the number that it has.</summary>
    /// <param name="original">The original, as long as it says.</param>
    /// <param name="anonymous">The same with zeros for the password or digest, which it receives.</param>
    /// <returns>False when the original was not authenticated by one of the keys; the zeros stay.</returns>
    public bool TrySign(ReadOnlySpan<byte> original, Span<byte> anonymous)
    {
        var packet = MemoryMarshal.Read<BfdPacket>(original);
        foreach ((BfdAuthenticator own, BfdAuthenticator other) in _pairs)
        {
            // No detection time: no sequence number is wrong.
            if (own.Check(original, packet, nowNs: 0, detectionNs: 0) == DropReason.None)
            {
                other.Sign(anonymous);
                return true;
            }
        }

        return false;
    }

    private static string Secret(BfdKey key) => key.TryGetBytes(out byte[] bytes) ? new string('x', bytes.Length) : "x";

    private static BfdAuthenticator Of(BfdAuthentication authentication)
    {
        var authenticator = new BfdAuthenticator(0);
        authenticator.Configure(authentication);
        return authenticator;
    }
}
