using System.Buffers.Binary;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Conversations through a switch, in rounds; answers are made of what the switch has sent.</summary>
/// <remarks>In a round a conversation speaks in one direction only: the order of the two is not promised.</remarks>
internal sealed class WorkerTraffic
{
    public const string Lan = "02:00:00:00:00:01";
    public const string Near = "02:00:00:00:00:02";
    public const string Far = "02:00:00:00:00:09";
    public const string Router = "02:00:00:00:00:fe";
    public const string Uplink = "02:aa:00:00:00:01";
    public const string Peer = "02:aa:00:00:00:02";

    private const int InnerOffset = 50;

    private readonly Random _random;
    private readonly Conversation[] _conversations;
    private readonly Dictionary<uint, Conversation> _asked = [];
    private uint _nextId;

    public WorkerTraffic(int seed, int conversations)
    {
        _random = new Random(seed);
        _conversations = [.. Enumerable.Range(0, conversations).Select(MakeConversation)];
    }

    /// <summary>The frames of one round.</summary>
    public List<TrafficFrame> NextRound()
    {
        var frames = new List<TrafficFrame>();
        _asked.Clear();
        foreach (Conversation conversation in _conversations)
        {
            int count = _random.Next(4);
            bool answers = conversation.Answer is not null && _random.Next(2) == 0;
            for (int i = 0; i < count; i++)
            {
                IEnumerable<byte[]> said = !answers ? conversation.Ask()
                    : _random.Next(8) > 0 ? [conversation.Answer!]
                    : [ErrorAbout(conversation.Answer!)];
                foreach (byte[] bytes in said)
                {
                    bool isTunnelled = bytes[1] == 0xaa;
                    string port = answers || isTunnelled ? "uplink" : "lan";
                    int queue = answers ? conversation.AnswerQueue : conversation.Queue;
                    _asked.Add(_nextId, conversation);
                    frames.Add(new TrafficFrame(port, bytes, queue, _nextId++));
                }
            }
        }

        return frames;
    }

    /// <summary>Makes answers to what left the switch.</summary>
    public void Learn(IEnumerable<SentFrame> sent)
    {
        foreach (SentFrame frame in sent)
        {
            Conversation conversation = _asked[frame.Id];
            bool isPlain = frame.Bytes.Length > InnerOffset + 42
                && frame.Port == "uplink"
                && conversation.TakesAnswers
                && frame.Bytes[12] == 8
                && frame.Bytes[13] == 0;
            if (isPlain)
            {
                conversation.Answer = AnswerTo(frame.Bytes);
            }
        }
    }

    private Conversation MakeConversation(int number)
    {
        // No two conversations share a tuple, not even after translation: their order would not be promised.
        bool isTcp = number % 8 is 2 or 3;
        int near = isTcp ? 1000 + number : Pick(80, 7, 1000 + number);
        int far = near == 1000 + number ? Pick(80, 53, 7) : 2000 + number;
        string destination = Pick("10.0.0.9", "10.0.0.9", "10.0.1.5", "10.0.0.2", "10.0.0.100");
        var conversation = new Conversation { Queue = _random.Next(64), AnswerQueue = _random.Next(64) };
        conversation.TakesAnswers = true;
        switch (number % 8)
        {
            case 0 or 1:
                conversation.Ask = () => [FromLan(destination).Udp(near, far).Payload(_random.Next(60)).Build()];
                break;
            case 2 or 3:
                conversation.Ask = () => [FromLan(destination).Tcp(near, far, Flags()).Payload(20).Build()];
                break;
            case 4:
                conversation.TakesAnswers = false;
                conversation.Ask = () => Fragments(destination, near, far);
                break;
            case 5:
                conversation.TakesAnswers = false;
                conversation.Ask = () => [FromPeer().Ipv4("10.0.0.9", "10.0.0.1").Tcp(far, near, Flags()).Build()];
                break;
            case 6:
                conversation.TakesAnswers = false;
                conversation.Ask = () =>
                [
                    FrameBuilder.Ethernet(Lan, Far).Ipv6("fd00::1", "fd00::9").Udp(near, far).Payload(9).Build(),
                ];
                break;
            default:
                conversation.TakesAnswers = false;
                conversation.Ask = () =>
                [
                    FromLan(destination).IcmpEchoRequest(number, 1).Payload(30).Build(),
                    FrameBuilder.Ethernet(Lan, "ff:ff:ff:ff:ff:ff").ArpRequest(Lan, "10.0.0.1", "10.0.0.9").Build(),
                    FromPeer().Ipv4("10.0.0.9", "10.0.0.1").IcmpEchoReply(number, 1).Payload(30).Build(),
                ];
                break;
        }

        return conversation;
    }

    private List<byte[]> Fragments(string destination, int near, int far)
    {
        int id = _random.Next(1, 60_000);
        byte[] rest = new byte[8 * _random.Next(1, 5)];
        return
        [
            FrameBuilder.Ethernet(Lan, Router)
                .Ipv4("10.0.0.1", destination, id: id, moreFragments: true)
                .Udp(near, far, length: 24 + rest.Length, checksum: 0).Payload(16).Build(),
            FrameBuilder.Ethernet(Lan, Router)
                .Ipv4("10.0.0.1", destination, id: id, fragmentOffset: 24, protocol: 17)
                .Payload(rest).Build(),
        ];
    }

    private FrameBuilder FromLan(string destination)
    {
        string mac = destination switch { "10.0.0.2" => Near, "10.0.0.9" => Far, _ => Router };
        return FrameBuilder.Ethernet(Lan, mac).Ipv4("10.0.0.1", destination);
    }

    private static FrameBuilder FromPeer() => FrameBuilder.Ethernet(Peer, Uplink)
        .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(Far, Lan);

    private TcpFlags Flags() => _random.Next(5) > 0
        ? TcpFlags.Ack
        : Pick(TcpFlags.Syn, TcpFlags.Fin | TcpFlags.Ack, TcpFlags.Rst);

    /// <summary>The packet that goes back the way one has come, with ends exchanged outside and inside.</summary>
    private static byte[] AnswerTo(byte[] sent)
    {
        byte[] answer = [.. sent];
        Exchange(answer, 0, 6, 6);
        Exchange(answer, 26, 30, 4);
        Exchange(answer, InnerOffset, InnerOffset + 6, 6);
        Exchange(answer, InnerOffset + 26, InnerOffset + 30, 4);
        Exchange(answer, InnerOffset + 34, InnerOffset + 36, 2);
        return answer;
    }

    /// <summary>The error that somebody sends instead of an answer.</summary>
    private static byte[] ErrorAbout(byte[] answer)
    {
        byte[] asked = [.. answer.AsSpan(InnerOffset + 14, 28)];
        Exchange(asked, 12, 16, 4);
        Exchange(asked, 20, 22, 2);
        string to = new Ipv4Address(BinaryPrimitives.ReadUInt32BigEndian(asked.AsSpan(12))).ToString();
        string from = new Ipv4Address(BinaryPrimitives.ReadUInt32BigEndian(asked.AsSpan(16))).ToString();
        return FromPeer().Ipv4(from, to).Icmp(3, 3).Payload(asked).Build();
    }

    private static void Exchange(byte[] bytes, int first, int second, int length)
    {
        for (int i = 0; i < length; i++)
        {
            (bytes[first + i], bytes[second + i]) = (bytes[second + i], bytes[first + i]);
        }
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private sealed class Conversation
    {
        public Func<IEnumerable<byte[]>> Ask { get; set; } = () => [];

        public bool TakesAnswers { get; set; }

        public int Queue { get; init; }

        public int AnswerQueue { get; init; }

        public byte[]? Answer { get; set; }
    }
}

/// <summary>A frame to send.</summary>
/// <param name="Port">Name of the port it enters at.</param>
/// <param name="Bytes">The frame.</param>
/// <param name="Queue">Which of the port's queues it comes in on, modulo their number.</param>
/// <param name="Id">Its number.</param>
internal sealed record TrafficFrame(string Port, byte[] Bytes, int Queue, uint Id);

/// <summary>A frame that has left.</summary>
internal sealed record SentFrame(uint Id, string Port, byte[] Bytes);
