using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Core.Ingest;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The load of a webhook: 64 senders that each wait for the answer before their next report, in a process on the load's core.</summary>
internal static class WebhookLoad
{
    public const int Senders = 64;

    static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    /// <returns>Reports answered in a second, and the 99th percentile of an answer in milliseconds.</returns>
    public static async Task<(double Rate, double P99)> SendAsync(Uri url, string secret)
    {
        var numbers = await Self.NumbersAsync(Machine.OnLoadCore(Self.As("webhook-load", url.AbsoluteUri, secret)));
        return (numbers[0], numbers[1]);
    }

    /// <param name="arguments">URL and secret. Prints both numbers.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var (url, key) = (new Uri(arguments[0]), StandardWebhook.KeyOf(arguments[1])!);
        var started = Stopwatch.StartNew();
        var senders = await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
        {
            using var connection = new Connection(url, key);
            var times = new List<double>();
            while (started.Elapsed < Length)
                times.Add(await connection.ReportAsync());
            return times;
        })));
        var seconds = started.Elapsed.TotalSeconds;
        var all = senders.SelectMany(t => t).Order().ToList();
        Console.WriteLine(FormattableString.Invariant($"{all.Count / seconds:0.0} {all[all.Count * 99 / 100]:0.000}"));
    }

    /// <summary>As little HTTP client as there can be: the server shares its core with the database, the load must not need more than its own.</summary>
    sealed class Connection : IDisposable
    {
        readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        readonly Uri _url;
        readonly byte[] _key;
        readonly byte[] _answer = new byte[16 * 1024];

        public Connection(Uri url, byte[] key)
        {
            (_url, _key) = (url, key);
            _socket.Connect(url.Host, url.Port);
        }

        /// <summary>Milliseconds.</summary>
        public async Task<double> ReportAsync()
        {
            var id = Guid.CreateVersion7().ToString("N");
            var now = DateTimeOffset.UtcNow;
            var body = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $$"""{"event":"call_started","uniqueid":"{{id}}","linkedid":"{{id}}","direction":"inbound","from":"+442079460131","to":"201","started_at":"{{now:yyyy-MM-ddTHH:mm:ssZ}}"}"""));
            var timestamp = now.ToUnixTimeSeconds();
            var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"POST {_url.PathAndQuery} HTTP/1.1\r\nHost: {_url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nwebhook-id: {id}\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: {StandardWebhook.Sign(_key, id, timestamp, body)}\r\n\r\n"));
            var sent = Stopwatch.GetTimestamp();
            await _socket.SendAsync((byte[])[.. head, .. body]);
            await ReceiveAsync();
            return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        }

        // An answer is small: a head, and a body by its length or as chunks that end with an empty one.
        async Task ReceiveAsync()
        {
            var received = 0;
            do
            {
                var read = await _socket.ReceiveAsync(_answer.AsMemory(received));
                if (read == 0)
                    throw new InvalidOperationException("The server closed the connection.");
                received += read;
            }
            while (!IsWhole(_answer.AsSpan(0, received)));
            if (!_answer.AsSpan().StartsWith("HTTP/1.1 20"u8))
                throw new InvalidOperationException($"A report was answered with {Encoding.UTF8.GetString(_answer, 0, received)}");
        }

        static bool IsWhole(ReadOnlySpan<byte> answer)
        {
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return false;
            var head = Encoding.ASCII.GetString(answer[..end]);
            if (head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                return answer.Length >= end + 4 + int.Parse(head.AsSpan(at + 16, (head + "\r").IndexOf('\r', at) - at - 16), CultureInfo.InvariantCulture);
            return answer.EndsWith("0\r\n\r\n"u8);
        }

        public void Dispose() => _socket.Dispose();
    }
}
