using System.Globalization;
using System.Security;
using Microsoft.AspNetCore.Http;

namespace RecordingPlatform.Tests.Storage.S3Stub;

/// <summary>An error as S3 words it ("Error responses" in its API reference).</summary>
sealed class StubError(int status, string code, string message = "") : Exception($"{code}: {message}")
{
    public int Status => status;

    public string Code => code;

    public static StubError NoSuchKey => new(404, "NoSuchKey", "The specified key does not exist.");

    public static StubError PreconditionFailed => new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");

    public async Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = status;
        if (http.Request.Method == "HEAD")
            return;
        await StubAnswer.XmlAsync(http, $"<Error><Code>{code}</Code><Message>{SecurityElement.Escape(message)}</Message><RequestId>stub</RequestId></Error>");
    }
}

static class StubAnswer
{
    public static async Task XmlAsync(HttpContext http, string xml)
    {
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.000'Z'", CultureInfo.InvariantCulture);
}
