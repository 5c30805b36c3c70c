using System.Net;
using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>Answers as the platform does to whoever pushes a file, and confirms another one.</summary>
internal sealed class Impostor : IAsyncDisposable
{
    readonly HttpListener _listener = new();
    readonly Task _serving;
    readonly string _wrong, _where, _sha256;
    readonly int _length;
    int _reports, _requests;

    /// <param name="file">What will be pushed.</param>
    /// <param name="wrong">What it confirms falsely: sha256, size, or nothing at all.</param>
    /// <param name="where">In the answer to HEAD or to PUT.</param>
    public Impostor(byte[] file, string wrong, string where)
    {
        (_wrong, _where, _length) = (wrong, where, file.Length);
        _sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
        Port = Ports.Free();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port { get; }

    public int Reports => Volatile.Read(ref _reports);

    public int Requests => Volatile.Read(ref _requests);

    async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            Interlocked.Increment(ref _requests);
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            Answer(context);
            context.Response.Close();
        }
    }

    void Answer(HttpListenerContext context)
    {
        var (sha256, length) = (_wrong == "sha256" ? new string('0', 64) : _sha256, _wrong == "size" ? _length + 1 : _length);
        switch (context.Request.HttpMethod)
        {
            case "HEAD" when _where == "HEAD":
                context.Response.Headers["X-Content-SHA256"] = sha256;
                context.Response.ContentLength64 = length;
                break;
            case "HEAD":
                context.Response.StatusCode = 404;
                break;
            case "PUT":
                context.Response.StatusCode = 201;
                context.Response.OutputStream.Write(Encoding.UTF8.GetBytes(_wrong == "nothing" ? "{}" : $$"""{"id":"x","file_size_bytes":{{length}},"sha256":"{{sha256}}"}"""));
                break;
            default:
                Interlocked.Increment(ref _reports);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }
}
