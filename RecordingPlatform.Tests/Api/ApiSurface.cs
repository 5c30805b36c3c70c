using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

/// <summary>One running platform for all tests of the HTTP surface.</summary>
[CollectionDefinition(Name)]
public sealed class ApiSurface : ICollectionFixture<ApiSurface.Running>
{
    public const string Name = "HTTP surface";

    public sealed class Running(PostgresCluster cluster) : IAsyncLifetime
    {
        public Platform Platform { get; private set; } = null!;
        public HttpClient Admin { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Platform = await Platform.StartAsync(cluster);
            Admin = await Platform.SignInAsync("admin");
        }

        /// <summary>Uploads speech and waits until it plays.</summary>
        public async Task<Guid> ReadyAsync(params (string Name, string Value)[] fields)
        {
            var id = await Platform.UploadAsync(Admin, Story.SampleMedia.Speech, "call.wav", fields);
            await Platform.WaitForAsync(Admin, id, "ready");
            return id;
        }

        /// <summary>A client with an API key of these scopes.</summary>
        public async Task<HttpClient> WithKeyAsync(params string[] scopes)
        {
            var key = $"rpk_{Guid.CreateVersion7():N}";
            await Platform.QueryAsync($"""
                insert into api_keys (id, name, prefix, key_hash, scopes)
                values ('{Guid.CreateVersion7()}', 'of a test', 'rpk_', '\x{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}', array['{string.Join("','", scopes)}'])
                """);
            var client = new HttpClient { BaseAddress = Platform.Url };
            client.DefaultRequestHeaders.Add("X-Api-Key", key);
            return client;
        }

        public async Task<long> CountAsync(string sql) => long.Parse((await Platform.QueryAsync(sql)).Single());

        public async ValueTask DisposeAsync()
        {
            Admin?.Dispose();
            if (Platform is not null)
                await Platform.DisposeAsync();
        }
    }
}
