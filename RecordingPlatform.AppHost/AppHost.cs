// The whole platform on one screen: what runs, what it needs, and what waits for what.
var builder = DistributedApplication.CreateBuilder(args);
var here = builder.ExecutionContext.IsRunMode; // on this machine; otherwise its place in Azure is being described
var data = Path.GetFullPath(builder.Configuration["data"] ?? "../.data", builder.AppHostDirectory);

var ownerPassword = Generated("owner-password");
var appPassword = Generated("app-password");
var portalKey = Generated("portal-key");
var adminPassword = Generated("admin-password");
var adminEmail = builder.AddParameter("admin-email", "admin@demo.example");

builder.AddAzureContainerAppEnvironment("apps");
var postgres = builder.AddAzurePostgresFlexibleServer("postgres").RunAsContainer(server => server.WithDataVolume());
var recordings = postgres.AddDatabase("recordings");
var redis = builder.AddAzureManagedRedis("redis").RunAsContainer();
// On this machine either Azure's emulator or, without an account, a folder.
var blobs = here && builder.Configuration["store"] != "azurite" ? null
    : builder.AddAzureStorage("storage").RunAsEmulator(emulator => emulator.WithDataVolume()).AddBlobs("blobs");

// The programs that serve sign in without rights over the schema; in Azure that is their own Entra identity.
IResourceBuilder<IResourceWithConnectionString> appLogin = !here ? recordings : builder.AddConnectionString("recordings-app",
    ReferenceExpression.Create($"Host={postgres.Resource.Host};Port={postgres.Resource.Port};Database=recordings;Username=recordings_app;Password={appPassword}"));

var migrate = builder.AddProject<Projects.RecordingPlatform_Worker>("migrate", launchProfileName: null)
    .WithArgs("migrate")
    .WithReference(recordings)
    .WithEnvironment("Administrator__Email", adminEmail)
    .WithEnvironment("Administrator__Password", adminPassword)
    .WithEnvironment("Portal__ApiKey", portalKey)
    .WaitFor(recordings)
    .PublishAsAzureContainerAppJob();

var worker = builder.AddProject<Projects.RecordingPlatform_Worker>("worker", launchProfileName: null)
    .WithReference(appLogin, connectionName: "recordings")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/alive")
    .WaitForCompletion(migrate);

var api = builder.AddProject<Projects.RecordingPlatform_Api>("api", launchProfileName: null)
    .WithReference(appLogin, connectionName: "recordings")
    .WithHttpEndpoint(port: Port("api-port"))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/alive")
    .WaitForCompletion(migrate);

var web = builder.AddProject<Projects.RecordingPlatform_Web>("web", launchProfileName: null)
    .WithReference(api)
    .WithEnvironment("Api__PublicUrl", api.GetEndpoint("http"))
    .WithEnvironment("Portal__ApiKey", portalKey)
    .WithHttpEndpoint(port: Port("web-port"))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/alive")
    .WaitFor(api);

api.WithEnvironment("Portal__Origin", web.GetEndpoint("http"));
StoredIn(blobs, api, worker);
foreach (var program in (IResourceBuilder<ProjectResource>[])[api, worker])
{
    program.WithReference(redis).WaitFor(redis);
}

if (here)
{
    migrate.WithEnvironment("Database__OwnerPassword", ownerPassword).WithEnvironment("Database__AppPassword", appPassword);
    OnThisMachine(migrate, api, worker);
    web.WithEnvironment("DOTNET_ENVIRONMENT", "Development");

    if (builder.Configuration["no-demo"] != "true")
    {
        var demo = builder.AddProject<Projects.RecordingPlatform_Worker>("demo", launchProfileName: null)
            .WithArgs("demo")
            .WithReference(appLogin, connectionName: "recordings")
            .WithEnvironment("Administrator__Email", adminEmail)
            .WithEnvironment("Administrator__Password", adminPassword)
            .WithEnvironment("Demo__UsersFile", Path.Combine(data, "demo-users.json"))
            .WithEnvironment("Demo__Media", Path.GetFullPath("../RecordingPlatform.Worker/Demo/Media", builder.AppHostDirectory))
            .WaitForCompletion(migrate);
        OnThisMachine(demo);
        StoredIn(blobs, demo);
    }
}

builder.Build().Run();

int? Port(string option) => int.TryParse(builder.Configuration[option], out var port) ? port : null;

IResourceBuilder<ParameterResource> Generated(string name) =>
    builder.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

// What Azure gives as services is a folder here: the key that wraps all others, the sealed objects, room to work.
void OnThisMachine(params IResourceBuilder<ProjectResource>[] programs)
{
    foreach (var program in programs)
    {
        program.WithEnvironment("DOTNET_ENVIRONMENT", "Development")
            .WithEnvironment("Keys__LocalFile", Path.Combine(data, "keys", "kek.json"))
            .WithEnvironment("Storage__Disk__Path", Path.Combine(data, "objects"))
            .WithEnvironment("Workdir__Folder", Path.Combine(data, "work"));
    }
}

void StoredIn(IResourceBuilder<IResourceWithConnectionString>? account, params IResourceBuilder<ProjectResource>[] programs)
{
    foreach (var program in programs)
    {
        program.WithEnvironment("Storage__Provider", account is null ? "disk" : "azure");
        if (account is not null)
        {
            program.WithReference(account).WaitFor(account);
        }
    }
}
