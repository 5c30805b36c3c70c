using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>A file that its machine pushes: there once, whole or not at all, and never overwritten.</summary>
public sealed class PushMediaTests(JibriPlatform platform) : IClassFixture<JibriPlatform>
{
    const string Room = "team_alpha_2026-11-25-09-30-00";

    static readonly string VideoHash = Convert.ToHexStringLower(SHA256.HashData(JibriPlatform.Video));

    [Fact]
    public async Task A_pushed_file_is_a_recording_and_the_same_again_is_the_same_answer()
    {
        using var jibri = await platform.AddAsync();
        Assert.Equal(404, (int)(await AskAsync(jibri, $"abcd/{Room}.mp4")).StatusCode);
        var first = await Platform.ReadAsync(await jibri.PushAsync($"abcd/{Room}.mp4", JibriPlatform.Video), 201);
        Assert.Equal((VideoHash, (long)JibriPlatform.Video.Length), (first.GetProperty("sha256").GetString(), first.GetProperty("file_size_bytes").GetInt64()));
        var id = first.GetProperty("recording_id").GetGuid();
        Assert.Equal(id, first.GetProperty("id").GetGuid());
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(id));
        await platform.Platform.WaitForAsync(platform.Admin, id, "ready");
        Assert.Equal([$"meeting|team_alpha|abcd/{Room}.mp4|received"], await jibri.AskAsync(
            "select concat_ws('|', c.kind, c.meeting_id, r.external_id, e.state) from recordings r join conversations c on c.id = r.conversation_id join expectations e on e.recording_id = r.id where r.source_id = '{source}'"));

        // The key that brought it stands in the audit log.
        Assert.Equal([$"api_key|ingest:{jibri.Name}"], await jibri.AskAsync($"select concat_ws('|', a.actor_kind, array_to_string(k.scopes, ' ')) from audit a left join api_keys k on k.id = a.actor_id where a.recording_id = '{id}' and a.action = 202"));

        // With its hash, without it, and seen from deeper folders: the last two segments name it.
        foreach (var (path, withHash) in new[] { ($"abcd/{Room}.mp4", true), ($"abcd/{Room}.mp4", false), ($"2026/11/abcd/{Room}.mp4", true) })
            Assert.Equal(id, (await Platform.ReadAsync(await jibri.PushAsync(path, JibriPlatform.Video, withHash: withHash), 200)).GetProperty("id").GetGuid());
        using var asked = await AskAsync(jibri, $"abcd/{Room}.mp4");
        Assert.Equal((VideoHash, (long?)JibriPlatform.Video.Length), (asked.Headers.GetValues("X-Content-SHA256").Single(), asked.Content.Headers.ContentLength));

        // Then its report: nothing is fetched, and who took part is added.
        Assert.Equal(id, await jibri.ReportAsync($"/srv/recordings/abcd/{Room}.mp4", JibriPlatform.Video.Length, participants: ["Sam"]));
        Assert.Equal(["1|Sam"], await jibri.AskAsync("select (select count(*) from recordings r where r.source_id = '{source}') || '|' || p.display_name from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}'"));
    }

    [Fact]
    public async Task Another_file_under_the_same_path_is_refused_before_it_is_read()
    {
        using var jibri = await platform.AddAsync();
        await Platform.ReadAsync(await jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video), 201);
        var other = (byte[])[.. JibriPlatform.Video[..^1], 7];
        Assert.Equal("media_differs", await CodeAsync(jibri.PushAsync("abcd/room.mp4", other), 409));
        Assert.Equal("media_differs", await CodeAsync(jibri.PushAsync("abcd/room.mp4", other, withHash: false), 409));
        Assert.Equal("media_differs", await CodeAsync(jibri.PushAsync("abcd/room.mp4", JibriPlatform.Audio, withHash: false), 409));
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync("abcd/room.mp4")));

        // Not a byte of the body was sent, and the answer is there.
        var said = await TalkAsync($"PUT /{jibri.AddressOf("abcd/room.mp4")} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {jibri.Key}\r\nContent-Length: {JibriPlatform.Video.Length}\r\nX-Content-SHA256: {VideoHash}\r\nExpect: 100-continue\r\n\r\n", []);
        Assert.StartsWith("HTTP/1.1 200", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_damaged_or_not_whole_leaves_nothing()
    {
        using var jibri = await platform.AddAsync();
        Assert.Equal("hash_mismatch", await CodeAsync(jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video, new string('0', 64)), 422));
        // The connection breaks in the middle.
        await TalkAsync($"PUT /{jibri.AddressOf("abcd/room.mp4")} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {jibri.Key}\r\nContent-Length: {JibriPlatform.Video.Length}\r\n\r\n", JibriPlatform.Video[..200_000]);
        Assert.Equal("file_empty", await CodeAsync(jibri.PushAsync("abcd/room.mp4", []), 422));
        Assert.Equal("hash_invalid", await CodeAsync(jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video, "abc"), 400));
        Assert.Equal("path_invalid", await CodeAsync(jibri.Client.PutAsync($"api/v1/ingest/{jibri.Name}/media/a//b.mp4", new ByteArrayContent([1])), 422));
        using var chunked = new HttpRequestMessage(HttpMethod.Put, jibri.AddressOf("abcd/room.mp4")) { Content = new ByteArrayContent(JibriPlatform.Audio) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal("length_required", await CodeAsync(jibri.Client.SendAsync(chunked), 411));
        var said = await TalkAsync($"PUT /{jibri.AddressOf("abcd/room.mp4")} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {jibri.Key}\r\nContent-Length: {(50L << 30) + 1}\r\n\r\n", []);
        Assert.Contains("file_too_large", said, StringComparison.Ordinal);

        await jibri.UntilIsAsync("0", "select count(*) from objects where role = 'original' and state = 'writing'");
        Assert.Equal(["0 0"], await jibri.AskAsync("select (select count(*) from recordings where source_id = '{source}') || ' ' || (select count(*) from conversations where source_id = '{source}')"));
        await Platform.ReadAsync(await jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video), 201);
    }

    [Fact]
    public async Task Only_the_sources_own_key_may_push()
    {
        using var jibri = await platform.AddAsync();
        using var other = await platform.AddAsync();
        var path = jibri.AddressOf("abcd/room.mp4");
        Assert.Equal("unauthenticated", await CodeAsync(platform.Platform.Anonymous.PutAsync(path, new ByteArrayContent([1])), 401));
        Assert.Equal("forbidden", await CodeAsync(other.Client.PutAsync(path, new ByteArrayContent([1])), 403));
        Assert.Equal("forbidden", await CodeAsync(platform.Admin.PutAsync(path, new ByteArrayContent([1])), 403));
        Assert.Equal("forbidden", await CodeAsync(jibri.Client.PutAsync("api/v1/ingest/nobody/media/abcd/room.mp4", new ByteArrayContent([1])), 403));
        await jibri.AskAsync("update sources set enabled = false where id = '{source}' returning id");
        Assert.Equal("source_disabled", await CodeAsync(jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video), 403));
        await jibri.AskAsync("update sources set enabled = true, kind = 'freepbx' where id = '{source}' returning id");
        Assert.Equal("source_takes_no_files", await CodeAsync(jibri.PushAsync("abcd/room.mp4", JibriPlatform.Video), 409));
    }

    [Fact]
    public async Task Of_eight_that_push_one_file_at_once_one_makes_it_and_all_are_told()
    {
        using var jibri = await platform.AddAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => jibri.PushAsync($"abcd/{Room}.mp4", JibriPlatform.Video)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Single((await Task.WhenAll(answers.Select(a => a.Content.ReadFromJsonAsync<JsonElement>()))).Select(a => a.GetProperty("id").GetGuid()).Distinct());
        Assert.Equal(["1 1"], await jibri.AskAsync("select (select count(*) from recordings where source_id = '{source}') || ' ' || (select count(*) from conversations where source_id = '{source}')"));
    }

    [Fact]
    public async Task What_is_no_media_is_kept_and_damaged()
    {
        using var jibri = await platform.AddAsync();
        var text = "This is no recording."u8.ToArray();
        var answer = await Platform.ReadAsync(await jibri.PushAsync("abcd/room.mp4", text), 201);
        Assert.Equal("damaged", answer.GetProperty("status").GetString());
        Assert.Equal(text, await jibri.DownloadAsync(answer.GetProperty("id").GetGuid()));
    }

    static Task<HttpResponseMessage> AskAsync(JibriSource jibri, string path) => jibri.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, jibri.AddressOf(path)));

    static async Task<string> CodeAsync(Task<HttpResponseMessage> sending, int status)
    {
        using var answer = await sending;
        return (await Platform.ReadAsync(answer, status)).GetProperty("code").GetString()!;
    }

    /// <summary>Sends and closes its side, and returns what was answered.</summary>
    async Task<string> TalkAsync(string head, byte[] body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", platform.Platform.Url.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        if (body.Length > 0)
        {
            await stream.WriteAsync(body);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        var buffer = new byte[4096];
        var read = 0;
        try
        {
            read = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (IOException)
        {
            // It hung up on half a body.
        }
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
