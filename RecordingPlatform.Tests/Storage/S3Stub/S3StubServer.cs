using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Tests.Storage.S3Stub;

/// <summary>
/// A stub of Amazon S3, not S3: the requests that an object store needs, written from Amazon's published API reference and sharing
/// no code with the provider. It refuses what Amazon would: wrong or missing signatures, chunks that were altered, skewed clocks,
/// conditions that do not hold, parts that are too small, copies without a change, reads of what is archived. What it does not
/// show: Amazon's latency, limits, permissions and 409 conflicts, and anything the API reference leaves open.
/// </summary>
sealed class S3StubServer : IAsyncDisposable
{
    public const string AccessKey = "AKIDOFTHESTUB";
    public const string SecretKey = "secret/of+the/stub";
    public const string Region = "eu-central-1";
    public const string BucketName = "recordings";

    // Pages may be shorter than asked for; these are, so that listings have several.
    const int PageSize = 100;

    readonly WebApplication app;
    readonly StubSignature signature;

    S3StubServer(WebApplication app, TimeProvider clock)
    {
        this.app = app;
        signature = new StubSignature(AccessKey, SecretKey, Region, clock);
        Bucket = new StubBucket(clock);
    }

    public Uri Address => new(app.Urls.Single());

    public StubBucket Bucket { get; }

    public static async Task<S3StubServer> StartAsync(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var built = builder.Build();
        var stub = new S3StubServer(built, clock ?? TimeProvider.System);
        built.Run(stub.HandleAsync);
        await built.StartAsync();
        return stub;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers["x-amz-request-id"] = "stub";
        try
        {
            var body = await signature.VerifyAsync(http);
            if (http.Request.Headers.TryGetValue("Content-MD5", out var md5) && md5 != Convert.ToBase64String(StubBucket.Md5(body)))
                throw new StubError(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
            var path = (http.Request.Path.Value ?? "/")[1..].Split('/', 2);
            if (path[0] != BucketName)
                throw new StubError(404, "NoSuchBucket", "The specified bucket does not exist");
            await HandleAsync(http, path.ElementAtOrDefault(1) ?? "", body);
        }
        catch (StubError error)
        {
            await error.WriteAsync(http);
        }
    }

    Task HandleAsync(HttpContext http, string key, byte[] body)
    {
        var query = http.Request.Query;
        return (http.Request.Method, key.Length > 0) switch
        {
            ("GET", false) when query["list-type"] == "2" => ListAsync(http),
            ("GET", true) when query.ContainsKey("tagging") => TagsAsync(http, key),
            ("GET" or "HEAD", true) => GetAsync(http, key),
            ("PUT", true) when query.ContainsKey("tagging") => Done(() => Bucket.Tag(key, TagsOf(body))),
            ("PUT", true) when query.ContainsKey("uploadId") => Done(() => http.Response.Headers.ETag =
                Bucket.PutPart(query["uploadId"]!, key, int.Parse(query["partNumber"]!, CultureInfo.InvariantCulture), body)),
            ("PUT", true) when http.Request.Headers.ContainsKey("x-amz-copy-source") => CopyAsync(http, key),
            ("PUT", true) => Done(() => http.Response.Headers.ETag = Bucket.Put(key, body, ClassOf(http), MetadataOf(http), Header(http, "If-None-Match")).ETag),
            ("POST", true) when query.ContainsKey("uploads") => StubAnswer.XmlAsync(
                http, $"<InitiateMultipartUploadResult><Bucket>{BucketName}</Bucket><Key>{key}</Key><UploadId>{Bucket.Begin(key, MetadataOf(http))}</UploadId></InitiateMultipartUploadResult>"),
            ("POST", true) when query.ContainsKey("uploadId") => CompleteAsync(http, key, body),
            ("POST", true) when query.ContainsKey("restore") => Done(() =>
            {
                Bucket.Restore(key);
                http.Response.StatusCode = 202;
            }),
            ("DELETE", true) => Done(() =>
            {
                if (query.ContainsKey("uploadId"))
                    Bucket.Abort(query["uploadId"]!, key);
                else
                    Bucket.Delete(key, Header(http, "If-Match"));
                http.Response.StatusCode = 204;
            }),
            _ => throw new StubError(501, "NotImplemented", $"The stub does not know {http.Request.Method} {http.Request.QueryString}."),
        };
    }

    static Task Done(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    async Task GetAsync(HttpContext http, string key)
    {
        var found = Bucket.Get(key);
        var head = http.Request.Method == "HEAD";
        if (found.Offline && !head)
            throw new StubError(403, "InvalidObjectState", "The operation is not valid for the object's storage class");

        var (from, to) = (0L, found.Content.Length - 1L);
        if (Header(http, "Range") is { } text)
        {
            var range = RangeHeaderValue.Parse(text).Ranges.Single();
            (from, to) = (range.From!.Value, Math.Min(range.To ?? long.MaxValue, found.Content.Length - 1L));
            if (from > to)
                throw new StubError(416, "InvalidRange", "The requested range is not satisfiable");
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes {from}-{to}/{found.Content.Length}";
        }

        Describe(http, found);
        http.Response.ContentLength = to - from + 1;
        if (!head)
            await http.Response.Body.WriteAsync(found.Content.AsMemory((int)from, (int)(to - from + 1)));
    }

    static void Describe(HttpContext http, StubObject found)
    {
        http.Response.Headers.ETag = found.ETag;
        http.Response.Headers.LastModified = found.ModifiedAt.ToString("R", CultureInfo.InvariantCulture);
        if (found.StorageClass != "STANDARD")
            http.Response.Headers["x-amz-storage-class"] = found.StorageClass;
        if (found.Restoring)
            http.Response.Headers["x-amz-restore"] = "ongoing-request=\"true\"";
        else if (found.RestoredUntil is { } until)
            http.Response.Headers["x-amz-restore"] = $"ongoing-request=\"false\", expiry-date=\"{until:R}\"";
        foreach (var (name, value) in found.Metadata)
            http.Response.Headers[name] = value;
    }

    Task ListAsync(HttpContext http)
    {
        var prefix = http.Request.Query["prefix"].ToString();
        var token = http.Request.Query["continuation-token"].ToString();
        var (page, more) = Bucket.List(prefix, Encoding.UTF8.GetString(Convert.FromBase64String(token)), PageSize);
        var next = more ? $"<NextContinuationToken>{Convert.ToBase64String(Encoding.UTF8.GetBytes(page[^1].Key))}</NextContinuationToken>" : "";
        var contents = string.Concat(page.Select(entry =>
            $"<Contents><Key>{entry.Key}</Key><LastModified>{StubAnswer.Time(entry.Value.ModifiedAt)}</LastModified><ETag>{entry.Value.ETag.Replace("\"", "&quot;", StringComparison.Ordinal)}</ETag>"
            + $"<Size>{entry.Value.Content.Length}</Size><StorageClass>{entry.Value.StorageClass}</StorageClass></Contents>"));
        return StubAnswer.XmlAsync(http, $"<ListBucketResult><Name>{BucketName}</Name><Prefix>{prefix}</Prefix><KeyCount>{page.Count}</KeyCount><IsTruncated>{(more ? "true" : "false")}</IsTruncated>{contents}{next}</ListBucketResult>");
    }

    Task CopyAsync(HttpContext http, string key)
    {
        if (Uri.UnescapeDataString(Header(http, "x-amz-copy-source")!).TrimStart('/') != $"{BucketName}/{key}")
            throw new StubError(501, "NotImplemented", "The stub copies objects onto themselves only.");
        var copy = Bucket.Reclass(key, ClassOf(http), Header(http, "x-amz-copy-source-if-match"), Header(http, "If-Match"));
        return StubAnswer.XmlAsync(http, $"<CopyObjectResult><LastModified>{StubAnswer.Time(copy.ModifiedAt)}</LastModified><ETag>{copy.ETag}</ETag></CopyObjectResult>");
    }

    Task CompleteAsync(HttpContext http, string key, byte[] body)
    {
        var parts = Elements(body, "Part").Select(part => (int.Parse(Child(part, "PartNumber"), CultureInfo.InvariantCulture), Child(part, "ETag"))).ToList();
        var made = Bucket.Complete(http.Request.Query["uploadId"]!, key, parts, Header(http, "If-None-Match"));
        return StubAnswer.XmlAsync(http, $"<CompleteMultipartUploadResult><Bucket>{BucketName}</Bucket><Key>{key}</Key><ETag>{made.ETag}</ETag></CompleteMultipartUploadResult>");
    }

    Task TagsAsync(HttpContext http, string key) => StubAnswer.XmlAsync(
        http, $"<Tagging><TagSet>{string.Concat(Bucket.Get(key).Tags.Select(tag => $"<Tag><Key>{tag.Key}</Key><Value>{tag.Value}</Value></Tag>"))}</TagSet></Tagging>");

    static List<(string, string)> TagsOf(byte[] body) => [.. Elements(body, "Tag").Select(tag => (Child(tag, "Key"), Child(tag, "Value")))];

    static IEnumerable<XElement> Elements(byte[] body, string name) =>
        XElement.Parse(Encoding.UTF8.GetString(body)).Descendants().Where(element => element.Name.LocalName == name);

    static string Child(XElement parent, string name) => parent.Elements().Single(element => element.Name.LocalName == name).Value;

    static string ClassOf(HttpContext http) => Header(http, "x-amz-storage-class") ?? "STANDARD";

    static Dictionary<string, string> MetadataOf(HttpContext http) => http.Request.Headers
        .Where(header => header.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());

    static string? Header(HttpContext http, string name) => http.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
