global using System.Text.Json.Serialization;
global using Microsoft.AspNetCore.Http.HttpResults;
global using Microsoft.AspNetCore.Mvc;
global using BadRequest = RecordingPlatform.Api.Http.BadRequest;
global using Conflict = RecordingPlatform.Api.Http.Conflict;
global using SignInResult = RecordingPlatform.Core.Access.SignInResult;
global using MediaRefusal = Microsoft.AspNetCore.Http.HttpResults.Results<RecordingPlatform.Api.Http.BadRequest, RecordingPlatform.Api.Http.Forbidden,
    RecordingPlatform.Api.Http.NotFound, RecordingPlatform.Api.Http.Gone, RecordingPlatform.Api.Http.Conflict>;
global using NotFound = RecordingPlatform.Api.Http.NotFound;
