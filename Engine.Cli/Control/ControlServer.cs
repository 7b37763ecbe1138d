using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using VxlanEngine.Tracing;

namespace VxlanEngine.Cli.Control;

/// <summary>Answers those who ask a running switch, over a Unix socket that only its owner may use.</summary>
/// <remarks>
/// A client sends one line, a <see cref="ControlRequest"/>, and gets one, a <see cref="ControlAnswer"/>. What is traced
/// or captured follows until the client closes. Thread: the pool's; the switch is asked through its own loop.
/// </remarks>
internal sealed class ControlServer : IDisposable
{
    private const int LongestRequest = 16 * 1024;
    private const int MostRows = 100_000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly Socket _listener;
    private readonly RunSession _session;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    private ControlServer(string path, Socket listener, RunSession session)
    {
        _path = path;
        _listener = listener;
        _session = session;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="path">Where the socket is to be.</param>
    /// <param name="session">The switch's loop.</param>
    /// <exception cref="IOException">Something else is there, or another switch listens there.</exception>
    public static ControlServer Open(string path, RunSession session)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            RemoveAbandoned(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));

            // Nobody can connect before the socket listens.
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, OwnerOnly);
            }

            listener.Listen();
            return new ControlServer(path, listener, session);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or ArgumentException)
        {
            listener.Dispose();
            throw new IOException($"--control {path}: {e.Message}", e);
        }
    }

    /// <summary>Ends all conversations and takes the socket away.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _accepting.Wait(Patience);
        File.Delete(_path);
        _end.Dispose();
    }

    private static void RemoveAbandoned(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new IOException($"--control {path}: a file that is no socket is there.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new IOException($"--control {path}: another switch listens there.");
    }

    // .NET has no name for this kind of file; it is what is there and cannot be opened.
    private static bool IsSocket(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_end.Token);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The switch ends.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            await AnswerAsync(stream);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is gone, or the switch ends.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        ControlRequest? request = null;
        TracePattern? flow = null;
        string? error = null;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            patience.CancelAfter(Patience);
            byte[] line = await ReadLineAsync(stream, patience.Token);
            request = JsonSerializer.Deserialize(line, ControlJson.Lines.ControlRequest);
            error = request?.Flow is string text && !TracePattern.TryParse(text, out flow)
                ? $"'{text}' is no tuple."
                : null;
        }
        catch (JsonException e)
        {
            error = $"The request is not understood: {e.Message}";
        }

        if (error is not null || request is null)
        {
            await WriteAsync(stream, new ControlAnswer { Error = error ?? "There is no request." });
            return;
        }

        switch (request.Command)
        {
            case ControlRequest.Status:
                await TellAsync(stream, async () => new ControlAnswer { Status = await AskAsync(_session.ReadStatus) });
                break;
            case ControlRequest.Flows:
                await TellAsync(stream, async () => new ControlAnswer
                {
                    Flows = await AskAsync(() => _session.ReadFlows(RowsOf(request))),
                });
                break;
            case ControlRequest.Stations:
                await TellAsync(stream, async () => new ControlAnswer
                {
                    Stations = await AskAsync(() => _session.ReadStations(RowsOf(request))),
                });
                break;
            case ControlRequest.Trace:
                await WatchAsync(stream, new TraceWatch(request, flow));
                break;
            case ControlRequest.Capture:
                using (var capture = new CaptureWatch(request, flow))
                {
                    await WatchAsync(stream, capture);
                }

                break;
            default:
                await WriteAsync(stream, new ControlAnswer { Error = $"There is no command '{request.Command}'." });
                break;
        }
    }

    private static int RowsOf(ControlRequest request) => Math.Clamp(request.Limit, 1, MostRows);

    private Task<T> AskAsync<T>(Func<T> question) => _session.Ask(question).WaitAsync(Patience, _end.Token);

    private static async Task TellAsync(NetworkStream stream, Func<Task<ControlAnswer>> answer)
    {
        try
        {
            await WriteAsync(stream, await answer());
        }
        catch (TimeoutException)
        {
            string error = $"The switch is stuck: no answer for {Patience.TotalSeconds} s.";
            await WriteAsync(stream, new ControlAnswer { Error = error });
        }
    }

    private async Task WatchAsync(NetworkStream stream, PacketWatch watch)
    {
        await WriteAsync(stream, new ControlAnswer());
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        try
        {
            // Not waited for: while the switch is stuck, there is nothing to tell.
            _ = _session.Ask(() => _session.Watch(watch));
            Task closing = EndWhenClosedAsync(stream, gone);
            await foreach (ReadOnlyMemory<byte> bytes in watch.Ready.ReadAllAsync(gone.Token))
            {
                await stream.WriteAsync(bytes, _end.Token);
            }

            await gone.CancelAsync();
            await closing;
        }
        finally
        {
            // No packet may come to a capture that is disposed.
            await _session.Ask(() => _session.Unwatch(watch));
        }
    }

    /// <summary>A client says nothing more; what it sends is the end.</summary>
    private static async Task EndWhenClosedAsync(NetworkStream stream, CancellationTokenSource gone)
    {
        try
        {
            _ = await stream.ReadAsync(new byte[1], gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Closed as well.
        }

        await gone.CancelAsync();
    }

    private static async Task<byte[]> ReadLineAsync(NetworkStream stream, CancellationToken cancellation)
    {
        var line = new List<byte>();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, cancellation) == 1 && one[0] != '\n')
        {
            line.Add(one[0]);
            if (line.Count > LongestRequest)
            {
                throw new JsonException("it is too long.");
            }
        }

        return [.. line];
    }

    private static async Task WriteAsync(NetworkStream stream, ControlAnswer answer)
    {
        string line = JsonSerializer.Serialize(answer, ControlJson.Lines.ControlAnswer) + "\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line));
    }
}
