using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The same web server without the platform: puts a body into a file and gives files back, neither sealed nor checked.</summary>
internal static class PlainServer
{
    const int BufferBytes = 1 << 20;

    /// <param name="arguments">Folder and port.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var folder = arguments[0];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{arguments[1]}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.MapPut("/{name}", async (string name, HttpContext http) =>
        {
            await using var file = new FileStream(Path.Combine(folder, name), Writing());
            await http.Request.Body.CopyToAsync(file, BufferBytes, http.RequestAborted);
            file.Flush(flushToDisk: true);
            http.Response.StatusCode = StatusCodes.Status201Created;
        });
        app.MapGet("/{name}", (string name) => Results.File(Path.Combine(folder, name), "audio/wav"));
        app.MapGet("/by-hand/{name}", async (string name, HttpContext http) =>
        {
            await using var file = new FileStream(Path.Combine(folder, name), new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous });
            http.Response.ContentLength = file.Length;
            var body = http.Response.BodyWriter;
            int read;
            do
            {
                read = await file.ReadAsync(body.GetMemory(4 * 65536), http.RequestAborted);
                body.Advance(read);
                await body.FlushAsync(http.RequestAborted);
            }
            while (read > 0);
        });
        await app.RunAsync();
    }

    static FileStreamOptions Writing() => new() { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
}
