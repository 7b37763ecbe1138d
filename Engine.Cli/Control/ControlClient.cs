using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace VxlanEngine.Cli.Control;

/// <summary>Asks a running switch.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    private ControlClient(Socket socket)
    {
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket, ownsSocket: true), 64 * 1024);
    }

    /// <summary>What follows the first line of the answer.</summary>
    public Stream Stream => _stream;

    /// <summary>Sends a request and reads the first line of the answer.</summary>
    /// <param name="path">The switch's socket.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>The conversation, for what follows.</returns>
    /// <exception cref="IOException">No switch is there, it has ended, or it refuses; the text says which.</exception>
    public static ControlClient Ask(string path, ControlRequest request, out ControlAnswer answer)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new IOException($"--control {path}: {e.Message}; is 'vxe run --control {path}' running?", e);
        }

        var client = new ControlClient(socket);
        try
        {
            string line = JsonSerializer.Serialize(request, ControlJson.Lines.ControlRequest) + "\n";
            client._stream.Write(Encoding.UTF8.GetBytes(line));
            client._stream.Flush();
            answer = JsonSerializer.Deserialize(client.ReadLine() ?? "{}", ControlJson.Lines.ControlAnswer)!;
            return answer.Error is null ? client : throw new IOException(answer.Error);
        }
        catch (JsonException e)
        {
            client.Dispose();
            throw new IOException($"--control {path}: no switch of this version: {e.Message}", e);
        }
        catch (IOException)
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Asks for what is answered in one line.</summary>
    /// <exception cref="IOException">See <see cref="Ask"/>.</exception>
    public static ControlAnswer AskOnce(string path, ControlRequest request)
    {
        using ControlClient client = Ask(path, request, out ControlAnswer answer);
        return answer;
    }

    /// <summary>The next line; null at the end.</summary>
    public string? ReadLine()
    {
        var line = new List<byte>();
        int next;
        while ((next = _stream.ReadByte()) >= 0 && next != '\n')
        {
            line.Add((byte)next);
        }

        return next < 0 && line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
    }

    /// <summary>Asks for the end, which comes behind what is whole. Thread: any.</summary>
    public void Finish()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    /// <summary>Ends the conversation.</summary>
    public void Dispose() => _stream.Dispose();
}
